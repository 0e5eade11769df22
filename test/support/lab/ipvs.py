"""What IPVS does to packets, for kernels that have none: python3 -m lab.ipvs VIP PORT BACKEND PORT [...], in the node's
namespace; further fours are further Services.

A packet to a VIP, which is an address of kube-ipvs0, is taken at hook input, priority 99 (a rule logs it to this
program and drops it) and is sent on to the backend by hook output, from the address it came from. Answers have the VIP
put back at hook forward, priority 100. These are the hooks and priorities of net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops4); who
keeps the connections is conntrack."""
import ipaddress
import os
import socket
import struct
import subprocess
import sys

GROUP, MARK = 81, 0x81
NFNL_ULOG, CONFIG, PACKET = 4, 1, 0
CFG_CMD, CFG_MODE, CFG_THRESHOLD, PAYLOAD = 1, 2, 5, 9
BIND, COPY_PACKET = 1, 2
TCP, UDP = 6, 17


def rules(services):
    """nft's text: what is taken, what is known again, what is put back."""
    lines = [(("ip6" if ":" in vip else "ip"), vip, port, backend, target) for vip, port, backend, target in services]
    take = "\n".join(f"{ip} daddr {vip} meta l4proto {{ tcp, udp }} th dport {port} log group {GROUP} drop"
                     for ip, vip, port, _, _ in lines)
    back = "\n".join(f"ct mark {MARK} ct direction reply {ip} saddr {backend} meta l4proto {protocol} "
                     f"{protocol} sport {target} {ip} saddr set {vip} {protocol} sport set {port}"
                     for ip, vip, port, backend, target in lines for protocol in ("tcp", "udp"))
    return f"""table inet lab-ipvs
      delete table inet lab-ipvs
      table inet lab-ipvs {{
        chain take {{ type filter hook input priority 99; {take}
        }}
        chain know {{ type filter hook output priority -150; fib saddr type != local ct mark set {MARK}; }}
        chain back {{ type filter hook forward priority 100; {back}
        }}
      }}"""


def attribute(kind, value):
    text = struct.pack("HH", 4 + len(value), kind) + value
    return text + bytes(-len(text) % 4)


def open_log():
    """A socket on which packets of the group come (include/uapi/linux/netfilter/nfnetlink_log.h)."""
    log = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    log.bind((0, 0))
    log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    for settings in (attribute(CFG_CMD, bytes([BIND])),
                     attribute(CFG_MODE, struct.pack("!IBx", 0xFFFF, COPY_PACKET))
                     + attribute(CFG_THRESHOLD, struct.pack("!I", 1))):
        body = struct.pack("!BBH", socket.AF_UNSPEC, 0, GROUP) + settings
        log.send(struct.pack("IHHII", 16 + len(body), NFNL_ULOG << 8 | CONFIG, 5, 1, 0) + body)
        if failure := struct.unpack_from("i", log.recv(4096), 16)[0]:
            raise OSError(-failure, "NFLOG")
    return log


def payloads(data):
    """The packets in what the log's socket gave."""
    while len(data) >= 16:
        length, kind = struct.unpack_from("IH", data)
        at = 20
        while kind == NFNL_ULOG << 8 | PACKET and at + 4 <= length:
            size, what = struct.unpack_from("HH", data, at)
            if what & 0x3FFF == PAYLOAD:
                yield data[at + 4:at + size]
            at += max(4, size + 3 & ~3)
        data = data[length + 3 & ~3:]


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def passed_on(packet, services):
    """The packet with the backend's address and port in place of the Service's, and the backend."""
    v4 = packet[0] >> 4 == 4
    size, protocol = ((packet[0] & 15) * 4, packet[9]) if v4 else (40, packet[6])
    addresses, width = (12, 4) if v4 else (8, 16)
    source = packet[addresses:addresses + width]
    vip = ipaddress.ip_address(packet[addresses + width:addresses + 2 * width])
    head, rest = bytearray(packet[:size]), bytearray(packet[size:])
    backend, port = services[vip, struct.unpack_from("!H", rest, 2)[0]]
    head[addresses + width:addresses + 2 * width] = backend.packed
    struct.pack_into("!H", rest, 2, port)
    at = {TCP: 16, UDP: 6}[protocol]
    struct.pack_into("!H", rest, at, 0)
    pseudo = source + backend.packed + struct.pack("!IHBB", len(rest), 0, 0, protocol)
    struct.pack_into("!H", rest, at, checksum(pseudo + bytes(rest)) or 0xFFFF)
    return bytes(head + rest), str(backend)


def senders():
    """A raw socket for each version, whose packets bring their own header."""
    v4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    v6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    return {4: v4, 6: v6}


def main(*arguments):
    fours = [arguments[i:i + 4] for i in range(0, len(arguments), 4)]
    services = {(ipaddress.ip_address(vip), int(port)): (ipaddress.ip_address(backend), int(target))
                for vip, port, backend, target in fours}
    subprocess.run(["nft", "-f", "-"], input=rules(fours), text=True, check=True)
    log, out = open_log(), senders()
    print("listening", os.getpid(), flush=True)
    while True:
        for packet in payloads(log.recv(1 << 17)):
            try:
                sent, backend = passed_on(packet, services)
                out[4 if packet[0] >> 4 == 4 else 6].sendto(sent, (backend, 0))
            except OSError as error:  # EPERM: a rule dropped it
                print(error, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
