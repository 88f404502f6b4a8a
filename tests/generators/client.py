"""The client that openapi-generator makes for Python."""

import sys

from openapi_client import AccountApi, ApiClient, AuthApi, Configuration, TwoFactorApi
from openapi_client.exceptions import ApiException
from openapi_client.models import ErrorAnswer, LoginBody, LoginCodeBody, TwofaRequired, UserLoggedIn

url, email, password = sys.argv[1:]


def client(token=None):
    return ApiClient(Configuration(host=url, access_token=token))


auth = AuthApi(client())
try:
    auth.login(LoginBody(email=email, password="wrong"))
except ApiException as refused:
    assert isinstance(refused.data, ErrorAnswer)
    print(refused.data.code.value, flush=True)

login = auth.login(LoginBody(email=email, password=password)).actual_instance
assert isinstance(login, TwofaRequired)
print(login.code, ",".join(login.data.methods), flush=True)

two_factor = TwoFactorApi(client(login.data.temp_token))
finished = two_factor.verify_email_login(LoginCodeBody(otp_code=sys.stdin.readline().strip())).actual_instance
assert isinstance(finished, UserLoggedIn)

me = AccountApi(client(finished.data.tokens.access_token)).get_me()
print(finished.code, me.data.user.username, flush=True)
