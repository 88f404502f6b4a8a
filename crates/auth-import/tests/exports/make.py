"""Makes the exports in this folder, whose hashes are those of the original libraries. Run once; the output is committed.

    pip install bcrypt==5.0.0 passlib==1.7.4 argon2-cffi==25.1.0 django==5.2.19
    npm install firebase-scrypt@2.2.0 better-auth
    python make.py && node make.mjs

Keycloak (Java) and Devise (Ruby) have no library there: their hashes are made by the same functions (hashlib, argon2-cffi,
bcrypt) and spelled as those two spell them.
"""

import base64
import csv
import hashlib
import json

import argon2
import bcrypt
import django
from django.conf import settings
from passlib.hash import pbkdf2_sha256, pbkdf2_sha512, scrypt

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.BCryptPasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
])
django.setup()
from django.contrib.auth.hashers import get_hasher  # noqa: E402

PASSWORD = "Grüße, horse 42 ﬁ"
LONG = "0123456789" * 8
ID = "0f8fad5b-d9cb-469f-a165-7086772895{:02d}"


def b64(data):
    return base64.b64encode(data).decode()


def with_bcrypt(password, prefix=b"2b", rounds=5):
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(rounds, prefix)).decode()


def lines(name, rows):
    with open(name, "w") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def own():
    hasher = lambda type: argon2.PasswordHasher(time_cost=2, memory_cost=1024, parallelism=2, type=type)
    hashes = {
        "bcrypt-2b": with_bcrypt(PASSWORD),
        "bcrypt-2a": with_bcrypt(PASSWORD, b"2a"),
        "bcrypt-2y": with_bcrypt(PASSWORD).replace("$2b$", "$2y$"),
        "argon2-i": hasher(argon2.Type.I).hash(PASSWORD),
        "argon2-d": hasher(argon2.Type.D).hash(PASSWORD),
        "argon2-id": hasher(argon2.Type.ID).hash(PASSWORD),
        "passlib-scrypt": scrypt.using(rounds=10).hash(PASSWORD),
        "passlib-pbkdf2-sha256": pbkdf2_sha256.using(rounds=1000).hash(PASSWORD),
        "passlib-pbkdf2-sha512": pbkdf2_sha512.using(rounds=1000).hash(PASSWORD),
    }
    lines("own.ndjson", [
        {"email": f"{name}@example.org", "emailVerified": True, "passwordHash": hash, "roles": ["user", "editor"],
         "createdAt": "2020-02-29T12:00:00Z"}
        for name, hash in hashes.items()
    ])


def django_users():
    make = lambda name, **options: get_hasher(name).encode(PASSWORD, "NaClNaClNaClNaClNaCl12", **options)
    hashes = {
        "pbkdf2": make("pbkdf2_sha256", iterations=20000),
        "pbkdf2-sha1": make("pbkdf2_sha1", iterations=1000),
        "argon2": get_hasher("argon2").encode(PASSWORD, "NaClNaClNaCl"),
        "bcrypt-sha256": get_hasher("bcrypt_sha256").encode(PASSWORD, bcrypt.gensalt(5)),
        "bcrypt": get_hasher("bcrypt").encode(PASSWORD, bcrypt.gensalt(5)),
        "scrypt": make("scrypt"),
        "unusable": "!kYB8LXqRdjKdN7Ee3yH6lUTIkSbKMtGfZmgGtG1N",
    }
    header = ["id", "password", "last_login", "is_superuser", "username", "first_name", "last_name", "email",
              "is_staff", "is_active", "date_joined"]
    table("django.csv", header, [
        [number, hash, "", "f", f"django-{name}", "", "", f"{name}@django.example.org", "f", "t",
         "2021-03-04 05:06:07.123456+00"]
        for number, (name, hash) in enumerate(hashes.items(), 1)
    ])


def keycloak():
    salt = b"0123456789abcdef"

    def pbkdf2(digest, length):
        derived = hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), salt, 1000, length)
        return ({"value": b64(derived), "salt": b64(salt), "additionalParameters": {}},
                {"hashIterations": 1000, "algorithm": "pbkdf2" if digest == "sha1" else f"pbkdf2-{digest}",
                 "additionalParameters": {}})

    derived = argon2.low_level.hash_secret_raw(PASSWORD.encode(), salt, 5, 7168, 1, 32, argon2.Type.ID)
    argon = ({"value": b64(derived), "salt": b64(salt), "additionalParameters": {}},
             {"hashIterations": 5, "algorithm": "argon2", "additionalParameters": {
                 "hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}})
    otp = {"type": "otp", "userLabel": "phone", "createdDate": 1600000000000,
           "secretData": json.dumps({"value": "12345678901234567890"}),
           "credentialData": json.dumps({"subType": "totp", "digits": 6, "counter": 0, "period": 30,
                                         "algorithm": "HmacSHA1"})}
    kinds = {"sha1": pbkdf2("sha1", 20), "sha256": pbkdf2("sha256", 64), "sha512": pbkdf2("sha512", 64), "argon2": argon}
    users = [{
        "id": ID.format(number), "username": f"keycloak-{name}", "email": f"{name}@keycloak.example.org",
        "emailVerified": True, "createdTimestamp": 1600000000000, "enabled": True, "totp": name == "argon2",
        "credentials": [{"type": "password", "createdDate": 1600000000000, "secretData": json.dumps(secret),
                         "credentialData": json.dumps(data)}] + ([otp] if name == "argon2" else []),
        "realmRoles": ["default-roles-shop", "offline_access", "editor"],
        "federatedIdentities": [{"identityProvider": "google", "userId": f"google-{name}", "userName": name}],
        "attributes": {"locale": ["pt_BR"]},
    } for number, (name, (secret, data)) in enumerate(kinds.items(), 10)]
    users.append({"id": ID.format(20), "username": "off", "email": "off@keycloak.example.org", "enabled": False,
                  "emailVerified": True, "credentials": []})
    with open("keycloak.json", "w") as file:
        json.dump({"realm": "shop", "enabled": True, "users": users}, file, indent=2, ensure_ascii=False)
        file.write("\n")


def supabase():
    lines("supabase.ndjson", [{
        "id": ID.format(30), "email": "ann@supabase.example.org", "email_confirmed_at": "2022-01-02T03:04:05.678901+00:00",
        "encrypted_password": with_bcrypt(PASSWORD, b"2a"), "created_at": "2022-01-02T03:04:00+00:00",
        "raw_app_meta_data": {"provider": "email", "providers": ["email", "github"], "roles": ["editor"]},
        "banned_until": None, "deleted_at": None, "is_anonymous": False,
        "identities": [{"provider": "email", "provider_id": ID.format(30)}, {"provider": "github", "provider_id": "583231"}],
        "factors": [{"factor_type": "totp", "status": "verified", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                     "created_at": "2022-02-02T03:04:00+00:00"}],
    }, {
        "id": ID.format(31), "email": "banned@supabase.example.org", "email_confirmed_at": None,
        "encrypted_password": with_bcrypt(PASSWORD, b"2a"), "created_at": "2022-01-02T03:04:00+00:00",
        "banned_until": "2099-01-01T00:00:00+00:00", "identities": [], "factors": [],
    }])


def auth0():
    lines("auth0.ndjson", [{
        "_id": {"$oid": "60425dc43519d90068f82973"}, "email_verified": True, "email": "ann@auth0.example.org",
        "passwordHash": with_bcrypt(PASSWORD), "password_set_date": {"$date": "2021-03-05T16:34:00.502Z"},
        "tenant": "shop", "connection": "Username-Password-Authentication", "_tmp_is_unique": True,
    }, {
        "user_id": "google-oauth2|108391234567890123456", "email": "bob@auth0.example.org", "email_verified": True,
        "created_at": "2021-03-05T16:34:00.502Z", "blocked": False, "app_metadata": {"roles": ["editor"]}, "locale": "fr",
        "identities": [{"provider": "google-oauth2", "user_id": "108391234567890123456",
                        "connection": "google-oauth2", "isSocial": True}],
    }])


def devise():
    header = ["id", "email", "encrypted_password", "confirmed_at", "locked_at", "created_at", "provider", "uid"]
    table("devise.csv", header, [
        [1, "ann@devise.example.org", with_bcrypt(PASSWORD, b"2a"), "2023-01-02 03:04:05.678901", "",
         "2023-01-02 03:04:05.678901", "google_oauth2", "2083"],
        [2, "long@devise.example.org", with_bcrypt(LONG, b"2a"), "", "", "2023-01-02 03:04:05.678901", "", ""],
    ])


if __name__ == "__main__":
    for export in [own, django_users, keycloak, supabase, auth0, devise]:
        export()
