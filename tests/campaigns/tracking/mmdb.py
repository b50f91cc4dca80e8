"""Write a tiny MaxMind file: {"192.0.2.0/24": "FR"} → bytes. Format: https://maxmind.github.io/MaxMind-DB/"""

import ipaddress


class Long(int):
    """A number of 32 bits."""


def encoded(value):
    if isinstance(value, Long):
        return bytes([(6 << 5) | 4]) + value.to_bytes(4, "big")
    if isinstance(value, str):
        return bytes([(2 << 5) | len(value)]) + value.encode()
    if isinstance(value, int):  # the build's time is the one number of 64 bits
        size = 2 if value < 1 << 16 else 8
        return (bytes([(5 << 5) | 2]) if size == 2 else bytes([8, 9 - 7])) + value.to_bytes(size, "big")
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(encoded, value))
    return bytes([(7 << 5) | len(value)]) + b"".join(encoded(k) + encoded(v) for k, v in value.items())


def file_of(networks):
    tree, data = [[None, None]], b""
    for network, code in networks.items():
        found = ipaddress.ip_network(network)
        bits = f"{int(found.network_address):032b}"[: found.prefixlen]
        node = 0
        for bit in map(int, bits[:-1]):
            if tree[node][bit] is None:
                tree.append([None, None])
                tree[node][bit] = len(tree) - 1
            node = tree[node][bit]
        tree[node][int(bits[-1])] = ("data", len(data))
        data += encoded({"country": {"iso_code": code}})
    count = len(tree)

    def record(value):
        place = count if value is None else value if isinstance(value, int) else count + 16 + value[1]
        return place.to_bytes(3, "big")

    told = {
        "node_count": Long(count), "record_size": 24, "ip_version": 4, "database_type": "Test", "languages": ["en"],
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_700_000_000,
        "description": {"en": "test"},
    }  # fmt: skip
    nodes = b"".join(record(left) + record(right) for left, right in tree)
    return nodes + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(told)
