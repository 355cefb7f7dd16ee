"""What a field asks of its value: the address of a server, a vendor's kind of key.

Field("base_url", check=checks.url)
Field("api_key", secret=True, check=checks.Key("sk-", host="api.openai.com"))
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from aura_nb.providers.config import Config, Fault

# Cloud metadata that does not live at a link-local address: AWS over IPv6, Alibaba, Oracle.
METADATA_ADDRESSES = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
METADATA_HOSTS = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})


def url(value: str, config: Config) -> Fault | None:
    """A `Field.check`: an http(s) address that a provider may be asked at. Looks nothing up."""
    return url_fault(value)


def url_fault(address: str) -> Fault | None:
    """What is wrong with the address of a server, None when nothing is. Looks nothing up.

    Only http and https; no credentials or query, which would be shown and logged; no link-local
    address or cloud metadata service, in whatever spelling, which could be made to give secrets away.
    """

    def fault(why: str) -> Fault:
        return Fault("INVALID_URL", why, "Give an address such as http://localhost:11434.")

    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return fault("This is no URL.")
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() for letter in address):
        return fault("This is no http:// or https:// URL.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return fault("A server's URL carries no user name, password, query or fragment.")
    if forbidden(host):
        return fault(f"{host} is a link-local or metadata address, which is never asked.")
    return None


def price(value: str, config: Config) -> Fault | None:
    """A `Field.check`: an amount of money, 0 or more."""
    try:
        good = 0 <= float(value) < float("inf")
    except ValueError:
        good = False
    return None if good else Fault("INVALID_FORMAT", f"{value!r} is no price.", "Write 0.25, say.")


@dataclass(frozen=True, slots=True)
class Key:
    """A `Field.check`: the key begins with `prefix`, as the vendor's do.

    Only where the field `base_url` leads to the vendor's own `host`: a compatible server may take
    whatever key it likes.
    """

    prefix: str
    host: str

    def __call__(self, value: str, config: Config) -> Fault | None:
        if url_fault(config.get("base_url") or "") or urlsplit(config.get("base_url") or "").hostname != self.host:
            return None
        if (
            value.startswith(self.prefix)
            and len(value) > len(self.prefix)
            and value.isascii()
            and value.isprintable()
        ):
            return None
        return Fault(
            "INVALID_FORMAT", f"A key of {self.host} begins with {self.prefix}.", "Copy the key again, whole."
        )


def forbidden(host: str) -> bool:
    """Whether `host`, a name or an address in any spelling, is link-local or a metadata service."""
    host = host.rstrip(".").lower()
    if host in METADATA_HOSTS:
        return True
    address = _address(host.partition("%")[0])
    if address is None:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_link_local or inner.is_multicast or inner in METADATA_ADDRESSES


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # The spellings that system calls take beside the usual: 0xa9fea9fe, 2852039166, 169.254.43518.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
