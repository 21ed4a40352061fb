package nexthop

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasSomething reports whether something can be read from a connection, its end included, without reading it.
func hasSomething(conn net.Conn) bool {
	if within, ok := conn.(*tls.Conn); ok {
		conn = within.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	something := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		something = err != unix.EAGAIN
	})
	return something || err != nil
}
