import com.hotsplit.v1.DeductRequest;
import com.hotsplit.v1.DeductResponse;
import com.hotsplit.v1.DeductionServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

public class Charge {
  public static void main(String[] args) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + System.getenv("HOTSPLIT_KEY"));
    ManagedChannel channel =
        ManagedChannelBuilder.forTarget(System.getenv("HOTSPLIT_GRPC")).usePlaintext().build();
    try {
      DeductResponse answer =
          DeductionServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .deduct(
                  DeductRequest.newBuilder()
                      .setAccountId("advertiser-7")
                      .setRequestId("from-java")
                      .setAmount(250)
                      .build());
      System.out.println(answer.getEntry().getRequestId() + " " + answer.getEntry().getAmount());
    } finally {
      channel.shutdownNow();
    }
  }
}
