// Gives the network namespace that it was started in a loopback device on which every address of the world is a local
// one, runs a command there, and writes down whom anything in that namespace sends a packet to: one line each, once.
// Loopback addresses are left out, unless it is a question to a name server. It needs no iproute2 and no tcpdump.
package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const loopbackIndex = 1 // a network namespace begins with it

func main() {
	if len(os.Args) < 3 {
		fail("expected FILE COMMAND [ARGUMENT...]")
	}
	must("bring lo up", netlink(syscall.RTM_NEWLINK, linkUp()))
	for _, family := range []byte{syscall.AF_INET, syscall.AF_INET6} {
		must("make every address local", netlink(syscall.RTM_NEWROUTE, everywhere(family)))
	}
	packets, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(networkOrder(syscall.ETH_P_ALL)))
	must("listen to every packet", err)
	must("leave out what is nothing but loopback", syscall.AttachLsf(packets, interesting()))
	notes, err := os.OpenFile(os.Args[1], os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must("open "+os.Args[1], err)
	go watch(packets, notes)

	command := exec.Command(os.Args[2], os.Args[3:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	must("run "+os.Args[2], command.Run())
}

func watch(packets int, notes *os.File) {
	known := map[string]bool{}
	buffer := make([]byte, 1<<16)
	for {
		length, _, err := syscall.Recvfrom(packets, buffer, 0)
		if err == syscall.EINTR {
			continue
		}
		must("read a packet", err)
		if line := describe(buffer[:length]); line != "" && !known[line] {
			known[line] = true
			fmt.Fprintln(notes, line)
		}
	}
}

// interesting keeps a run's own traffic, which is much, out of the queue: a full one loses packets, and with them the one that counts.
// What goes over a loopback device is seen twice, as it leaves and as it arrives; once is enough.
// https://www.kernel.org/doc/html/latest/networking/filter.html
func interesting() []syscall.SockFilter {
	const take, drop = 1 << 16, 0
	const packetType = 0xfffff000 + 4 // SKF_AD_OFF + SKF_AD_PKTTYPE
	return []syscall.SockFilter{
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, int(packetType)),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, syscall.PACKET_OUTGOING, 0, 9),
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, 0),
		*syscall.LsfStmt(syscall.BPF_ALU|syscall.BPF_AND|syscall.BPF_K, 0xf0),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, 0x40, 0, 5), // not IPv4
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_B|syscall.BPF_ABS, 16),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, 127, 0, 3), // not to 127.0.0.0/8
		*syscall.LsfStmt(syscall.BPF_LDX|syscall.BPF_B|syscall.BPF_MSH, 0),
		*syscall.LsfStmt(syscall.BPF_LD|syscall.BPF_H|syscall.BPF_IND, 2),
		*syscall.LsfJump(syscall.BPF_JMP|syscall.BPF_JEQ|syscall.BPF_K, 53, 0, 1), // to a name server
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, take),
		*syscall.LsfStmt(syscall.BPF_RET|syscall.BPF_K, drop),
	}
}

// describe tells whom a packet is for; nothing of one that may be sent, and of one that only answers another.
func describe(packet []byte) string {
	if len(packet) < 20 {
		return ""
	}
	var protocol byte
	var to netip.Addr
	var rest []byte
	if packet[0]>>4 == 6 && len(packet) >= 40 {
		protocol, to, rest = packet[6], netip.AddrFrom16([16]byte(packet[24:40])), packet[40:]
	} else {
		header := int(packet[0]&15) * 4
		if header > len(packet) {
			return ""
		}
		protocol, to, rest = packet[9], netip.AddrFrom4([4]byte(packet[16:20])), packet[header:]
	}
	to = to.Unmap()
	port := func() netip.AddrPort { return netip.AddrPortFrom(to, binary.BigEndian.Uint16(rest[2:4])) }
	switch {
	case protocol == syscall.IPPROTO_TCP && len(rest) >= 20:
		const syn, ack = 2, 16
		if rest[13]&(syn|ack) != syn || (to.IsLoopback() && port().Port() != 53) {
			return ""
		}
		return fmt.Sprintf("tcp %s", port())
	case protocol == syscall.IPPROTO_UDP && len(rest) >= 8:
		if port().Port() == 53 {
			return fmt.Sprintf("name %s, asked of %s", question(rest[8:]), to)
		}
		if to.IsLoopback() {
			return ""
		}
		return fmt.Sprintf("udp %s", port())
	case to.IsLoopback():
		return ""
	case isUnreachable(protocol, rest):
		return ""
	}
	return fmt.Sprintf("protocol %d %s", protocol, to)
}

// isUnreachable: the kernel's own answer to a packet for which nobody listens.
func isUnreachable(protocol byte, rest []byte) bool {
	return len(rest) > 0 && (protocol == syscall.IPPROTO_ICMP && rest[0] == 3 || protocol == syscall.IPPROTO_ICMPV6 && rest[0] == 1)
}

// question is the first name that a DNS message asks for: RFC 1035, section 4.1.
func question(message []byte) string {
	labels := []string{}
	for at := 12; at < len(message) && message[at] != 0; {
		length := int(message[at])
		if at+1+length > len(message) {
			break
		}
		labels = append(labels, string(message[at+1:at+1+length]))
		at += 1 + length
	}
	return strings.Join(labels, ".")
}

// https://man7.org/linux/man-pages/man7/rtnetlink.7.html
func linkUp() []byte {
	message := make([]byte, syscall.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(message[4:], loopbackIndex)
	binary.NativeEndian.PutUint32(message[8:], syscall.IFF_UP)
	binary.NativeEndian.PutUint32(message[12:], syscall.IFF_UP) // of the flags this one is changed
	return message
}

// everywhere is what `ip route add local default dev lo` asks for.
func everywhere(family byte) []byte {
	message := make([]byte, syscall.SizeofRtMsg, syscall.SizeofRtMsg+8)
	message[0] = family
	message[4] = syscall.RT_TABLE_LOCAL
	message[5] = syscall.RTPROT_BOOT
	message[6] = syscall.RT_SCOPE_HOST
	message[7] = syscall.RTN_LOCAL
	message = binary.NativeEndian.AppendUint16(message, 8)
	message = binary.NativeEndian.AppendUint16(message, syscall.RTA_OIF)
	return binary.NativeEndian.AppendUint32(message, loopbackIndex)
}

func netlink(kind uint16, body []byte) error {
	socket, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	message := binary.NativeEndian.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = binary.NativeEndian.AppendUint16(message, syscall.NLM_F_REQUEST|syscall.NLM_F_ACK|syscall.NLM_F_CREATE)
	message = append(message, make([]byte, 8)...) // sequence number, sender
	message = append(message, body...)
	if err := syscall.Sendto(socket, message, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	length, _, err := syscall.Recvfrom(socket, answer, 0)
	if err != nil {
		return err
	}
	if length < syscall.SizeofNlMsghdr+4 {
		return fmt.Errorf("found an answer of %d bytes; expected an acknowledgement", length)
	}
	if code := int32(binary.NativeEndian.Uint32(answer[syscall.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

func networkOrder(value uint16) uint16 {
	var bytes [2]byte
	binary.BigEndian.PutUint16(bytes[:], value)
	return binary.NativeEndian.Uint16(bytes[:])
}

func must(what string, err error) {
	if err != nil {
		fail(fmt.Sprintf("cannot %s: %v", what, err))
	}
}

func fail(text string) {
	fmt.Fprintf(os.Stderr, "watched-network: %s\n", text)
	os.Exit(1)
}
