package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	hotsplitv1 "charge/hotsplit/v1"
)

func main() {
	connection, err := grpc.NewClient(os.Getenv("HOTSPLIT_GRPC"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	key := "Bearer " + os.Getenv("HOTSPLIT_KEY")
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", key)
	answer, err := hotsplitv1.NewDeductionServiceClient(connection).Deduct(ctx, &hotsplitv1.DeductRequest{
		AccountId: "advertiser-7",
		RequestId: "from-go",
		Amount:    250,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.GetEntry().GetRequestId(), answer.GetEntry().GetAmount())
}
