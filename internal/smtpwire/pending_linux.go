package smtpwire

import (
	"crypto/tls"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pending tells without reading whether octets wait to be read from a connection, or its end does. Of a connection with
// TLS it is what lies under that. A connection that is no socket, and other systems than Linux, tell nothing.
func Pending(conn net.Conn) (octets, end bool) {
	if within, ok := conn.(*tls.Conn); ok {
		conn = within.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false, false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false, true
	}
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		octets, end = n > 0, n <= 0 && err != unix.EAGAIN && err != unix.EINTR
	})
	return octets, end || err != nil
}
