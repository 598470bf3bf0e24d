import os

import grpc
from hotsplit.v1 import deduction_service_pb2 as messages
from hotsplit.v1 import deduction_service_pb2_grpc as services

with grpc.insecure_channel(os.environ["HOTSPLIT_GRPC"]) as channel:
    answer = services.DeductionServiceStub(channel).Deduct(
        messages.DeductRequest(account_id="advertiser-7", request_id="from-python", amount=250),
        metadata=[("authorization", "Bearer " + os.environ["HOTSPLIT_KEY"])],
    )
print(answer.entry.request_id, answer.entry.amount)
