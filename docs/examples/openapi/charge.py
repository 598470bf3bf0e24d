import os

from hotsplit_client import AuthenticatedClient
from hotsplit_client.api.deductions import deduct
from hotsplit_client.models import DeductBody

client = AuthenticatedClient(base_url=os.environ["HOTSPLIT_REST"], token=os.environ["HOTSPLIT_KEY"])
body = DeductBody(amount="250", request_id="from-openapi")
entry = deduct.sync("advertiser-7", client=client, body=body)
print(entry.request_id, entry.amount)
