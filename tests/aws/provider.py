"""An OpenID Connect provider on loopback, in place of Amazon Cognito: it vouches for whoever is at its page, and insists on PKCE."""
import base64, hashlib, json, secrets, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT = "dashboard-of-the-test"


def plain(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Provider:
    """Runs while the `with` does. `person`: whose address it confirms next."""

    def __init__(self):
        self.key, self.person, self.begun = rsa.generate_private_key(public_exponent=65537, key_size=2048), None, {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def _handler(provider):
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                path, _, query = self.path.partition("?")
                if path == "/authorize":
                    self.send_response(303)
                    self.send_header("Location", provider.authorized(dict(urllib.parse.parse_qsl(query))))
                    self.end_headers()
                else:
                    self.answer(200, provider.keys() if path == "/keys" else provider.described())

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                token = provider.token(form)
                self.answer(200 if token else 400, {"id_token": token} if token else {"error": "invalid_grant"})

            def answer(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        return Handler

    def described(self):
        return {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys"}

    def keys(self):
        numbers = self.key.public_key().public_numbers()
        as_text = lambda number: plain(number.to_bytes((number.bit_length() + 7) // 8, "big"))
        return {"keys": [{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": as_text(numbers.n), "e": as_text(numbers.e)}]}

    def authorized(self, asked):
        """Where the browser goes back to, with a code."""
        code = secrets.token_hex(8)
        self.begun[code] = {**asked, "email": self.person}
        return f"{asked['redirect_uri']}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form):
        begun = self.begun.pop(form["code"], None)
        challenge = plain(hashlib.sha256(form["code_verifier"].encode()).digest())
        if not begun or (challenge, form["redirect_uri"], form["client_id"]) != (begun["code_challenge"], begun["redirect_uri"], CLIENT):
            return None
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": int(time.time()) + 300, "nonce": begun["nonce"], "email": begun["email"],
                  "email_verified": True}
        signed = ".".join(plain(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, claims))
        return f"{signed}.{plain(self.key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"
