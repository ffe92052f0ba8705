package udhcpc

import (
	"bytes"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"bantam/internal/userland/applet/socket"
)

const (
	clientPort = 68
	serverPort = 67
	ipSize     = 20
	udpSize    = 8
)

// openRaw opens a socket for packets of an interface that has no address yet.
func openRaw(index int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	// Tells about checksums that a virtual card leaves out.
	syscall.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1)
	if err := syscall.Bind(fd, socket.Packet(index, syscall.ETH_P_IP, nil)); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// openUDP opens the client's port on an interface.
func openUDP(device string) (int, error) {
	fd, err := socket.Open(socket.Addr{IP: socket.V4(0)}, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return -1, err
	}
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_BROADCAST, 1)
	err = syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, device)
	if err == nil {
		err = syscall.Bind(fd, socket.Addr{IP: socket.V4(0), Port: clientPort}.Sockaddr())
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// broadcast sends a message to everyone, from no address.
func broadcast(fd, index int, m message) error {
	all := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	return syscall.Sendto(fd, wrap(m), 0, socket.Packet(index, syscall.ETH_P_IP, all))
}

// wrap puts the headers of IP and UDP before a message.
func wrap(m message) []byte {
	total := ipSize + udpSize + len(m)
	p := make([]byte, ipSize+udpSize, total)
	p[0], p[8], p[9] = 0x45, 64, syscall.IPPROTO_UDP
	p[2], p[3] = byte(total>>8), byte(total)
	copy(p[16:], "\xff\xff\xff\xff")
	udp := udpSize + len(m)
	p[21], p[23] = clientPort, serverPort
	p[24], p[25] = byte(udp>>8), byte(udp)
	p = append(p, m...)
	sum := ^pseudoSum(p)
	if sum == 0 {
		sum = 0xffff
	}
	p[26], p[27] = byte(sum>>8), byte(sum)
	sum = socket.Checksum(p[:ipSize])
	p[10], p[11] = byte(sum>>8), byte(sum)
	return p
}

// pseudoSum is the sum that UDP's checksum is of: RFC 768.
func pseudoSum(p []byte) uint16 {
	udp := p[ipSize:]
	sum := socket.Sum(0, p[12:20])
	sum = socket.Sum(sum, []byte{0, syscall.IPPROTO_UDP, byte(len(udp) >> 8), byte(len(udp))})
	return socket.Sum(sum, udp)
}

// unwrap takes the headers off a packet, nil if it is none for the client. trusted
// says that the checksum of UDP isn't filled in.
func unwrap(p []byte, trusted bool) message {
	if len(p) < ipSize+udpSize || p[0] != 0x45 || p[9] != syscall.IPPROTO_UDP || p[6]&0x3f|p[7] != 0 {
		return nil
	}
	total := int(p[2])<<8 | int(p[3])
	if total < ipSize+udpSize || total > len(p) || socket.Checksum(p[:ipSize]) != 0 {
		return nil
	}
	p = p[:total]
	udp := p[ipSize:]
	if udp[2] != 0 || udp[3] != clientPort || int(udp[4])<<8|int(udp[5]) != len(udp) {
		return nil
	}
	if udp[6]|udp[7] != 0 && !trusted && pseudoSum(p) != 0xffff {
		return nil
	}
	return message(udp[udpSize:])
}

// receive reads a message from either socket, nil if what came is none.
func receive(fd int, raw bool) (message, error) {
	buf, control := make([]byte, 2048), make([]byte, 128)
	n, k, _, _, err := unix.Recvmsg(fd, buf, control, 0)
	if err != nil {
		if err == syscall.EINTR || err == syscall.EAGAIN {
			err = nil
		}
		return nil, err
	}
	if !raw {
		return message(buf[:n]), nil
	}
	trusted := false
	messages, _ := unix.ParseSocketControlMessage(control[:k])
	for _, m := range messages {
		const notReady = 8 // TP_STATUS_CSUMNOTREADY, the first number of struct tpacket_auxdata
		if m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA && len(m.Data) > 0 {
			trusted = m.Data[0]&notReady != 0
		}
	}
	return unwrap(buf[:n], trusted), nil
}

// unicast sends a message to a server from the client's address.
func unicast(device string, from, to socket.IP, m message) error {
	fd, err := socket.Open(socket.Addr{IP: from}, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	syscall.SetsockoptString(fd, syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, device)
	if err := syscall.Bind(fd, socket.Addr{IP: from, Port: clientPort}.Sockaddr()); err != nil {
		return err
	}
	return syscall.Sendto(fd, m, 0, socket.Addr{IP: to, Port: serverPort}.Sockaddr())
}

// inUse asks by ARP whether somebody has the address already: RFC 2131 3.1, 5.
func inUse(index int, own []byte, ip socket.IP, limit time.Duration) bool {
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	if syscall.Bind(fd, socket.Packet(index, syscall.ETH_P_ARP, nil)) != nil {
		return false
	}
	p := append([]byte{0, 1, 8, 0, 6, 4, 0, 1}, own...)
	p = append(append(p, make([]byte, 10)...), ip.Bytes()...)
	all := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if syscall.Sendto(fd, p, 0, socket.Packet(index, syscall.ETH_P_ARP, all)) != nil {
		return false
	}
	buf := make([]byte, 128)
	for end := time.Now().Add(limit); ; {
		if socket.Wait(fd, unix.POLLIN, max(0, time.Until(end))) != nil {
			return false
		}
		n, err := syscall.Read(fd, buf)
		if err == nil && n >= 28 && buf[7] == 2 && bytes.Equal(buf[14:18], ip.Bytes()) && !bytes.Equal(buf[8:14], own) {
			return true
		}
	}
}
