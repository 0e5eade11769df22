"""As much SCTP (RFC 9260) as a verdict needs: INIT and INIT ACK over raw sockets, because a kernel may come without
SCTP sockets while its conntrack and its filters know the protocol."""
import struct

PROTOCOL = 132
_INIT, _INIT_ACK, _COOKIE = 1, 2, 7


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _packet(source, target, tag, kind, parameters=b"", own_tag=1):
    chunk = struct.pack("!BBHIIHHI", kind, 0, 20 + len(parameters), own_tag, 65535, 1, 1, 1) + parameters
    packet = struct.pack("!HHII", source, target, tag, 0) + chunk
    return packet[:8] + struct.pack("<I", _crc32c(packet)) + packet[12:]  # the one little-endian field


def init(source, target):
    """The first packet of an association, between two ports."""
    return _packet(source, target, 0, _INIT)


def answer(packet, ports):
    """The INIT ACK to an INIT for one of our ports; None to anything else."""
    if len(packet) < 32 or packet[12] != _INIT:
        return None
    source, target = struct.unpack_from("!HH", packet)
    if target not in ports:
        return None
    (tag,) = struct.unpack_from("!I", packet, 16)
    return _packet(target, source, tag, _INIT_ACK, struct.pack("!HHI", _COOKIE, 8, 0))


def accepts(packet, source, target):
    """Is this the INIT ACK to init(source, target)?"""
    return len(packet) >= 32 and packet[12] == _INIT_ACK and struct.unpack_from("!HH", packet) == (target, source)


def payload(packet, family_v4):
    """What a raw socket received, without the header that IPv4 (and only IPv4) puts before it."""
    return packet[(packet[0] & 15) * 4:] if family_v4 else packet
