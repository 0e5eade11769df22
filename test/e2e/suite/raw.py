"""Packets that no socket of their sender would make: borrowed sources, tagged frames, forged encapsulation. Each carries
a mark that the servers of the bed write down when it arrives."""
import ipaddress
import json
import socket
import struct
import time

from bed import netns

IPV6_HDRINCL = 36
PORT = 3000


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def datagram(source, target, mark, port=PORT):
    """An IP packet with a UDP datagram: the mark, or bytes as they are."""
    payload = mark if isinstance(mark, bytes) else f"mark:{mark}".encode()
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(target)
    length = 8 + len(payload)
    pseudo = a.packed + b.packed + (struct.pack("!BBH", 0, 17, length) if a.version == 4 else
                                    struct.pack("!IHBB", length, 0, 0, 17))
    head = struct.pack("!HHH", 40000, port, length)
    udp = head + struct.pack("!H", checksum(pseudo + head + b"\0\0" + payload)) + payload
    if a.version == 6:
        return struct.pack("!IHBB", 6 << 28, length, 17, 64) + a.packed + b.packed + udp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 17, 0) + a.packed + b.packed
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + udp


def send_packet(place, packet):
    """Routed by the sender's own table, with whatever source it says."""
    def send():
        v6 = packet[0] >> 4 == 6
        with socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
            if v6:
                s.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
                s.sendto(packet, (str(ipaddress.ip_address(packet[24:40])), 0))
            else:
                s.sendto(packet, (str(ipaddress.ip_address(packet[16:20])), 0))
    netns.within(place, send)


def send_frame(place, frame):
    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind(("eth0", 0))
            s.send(frame)
    netns.within(place, send)


def link_address(t, place, device="eth0"):
    shown = json.loads(t.bed.exec(place, "ip", "-j", "link", "show", "dev", device).out)
    return bytes.fromhex(shown[0]["address"].replace(":", ""))


def send_mark(place, address, port, mark, source_port=0):
    """One datagram that the servers of the bed write down when it arrives."""
    def send():
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.bind(("", source_port))
            s.sendto(f"mark:{mark}".encode(), socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0][4])
    netns.within(place, send)


def arrivals(t, receiver, node, sends):
    """Which of sends = {words: send(mark)} arrive. A last one from the receiver's node, which always may, ends the wait."""
    log = f"{t.bed.state}/log/pod-{receiver.replace('/', '-')}.log"
    serial = str(time.monotonic_ns())
    for words, send in sends.items():
        send(f"{serial} {words}")
    deadline = time.monotonic() + 10
    while True:
        send_mark(t.bed.places.namespace(node), t.bed.places.address(receiver), PORT, f"{serial} end")
        with open(log, encoding="utf-8") as f:
            marks = [line.split(" ", 2)[2].strip() for line in f if line.startswith("got " + serial)]
        if "end" in marks:
            return set(marks) - {"end"}
        if time.monotonic() > deadline:
            raise RuntimeError(f"{receiver} does not hear its own node")
