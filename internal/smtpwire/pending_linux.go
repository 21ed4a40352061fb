package smtpwire

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pending tells without reading whether octets wait to be read from a connection, or its end does. Of a connection with
// TLS it is what lies under that. A connection that is no socket, and other systems than Linux, tell nothing.
func Pending(conn net.Conn) (octets, end bool) {
	err := control(conn, func(fd int) {
		var one [1]byte
		n, _, err := unix.Recvfrom(fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		octets, end = n > 0, n <= 0 && err != unix.EAGAIN && err != unix.EINTR
	})
	return octets, end || err != nil
}

// Peer tells without reading how the other side of a connection is: done, it will send no more, though octets that it
// sent may still wait to be read, and it may be gone or wait for replies; broken, it is gone. The same connections as
// with Pending tell nothing.
func Peer(conn net.Conn) (done, broken bool) {
	err := control(conn, func(fd int) {
		ask := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		if n, err := unix.Poll(ask, 0); n > 0 && err == nil {
			done = ask[0].Revents&unix.POLLRDHUP != 0
			broken = ask[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0
		}
	})
	return done, broken || err != nil
}

// control calls do with the descriptor of a connection, under what it is wrapped in, where it is a socket.
func control(conn net.Conn, do func(fd int)) error {
	for {
		within, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = within.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) { do(int(fd)) })
}
