package lab

import (
	"net"

	"golang.org/x/sys/unix"
)

// hasClosed reports whether the other side of a connection has closed, as far as the kernel knows.
func hasClosed(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		closed = err != nil
		if err == nil {
			switch info.State {
			case unix.BPF_TCP_ESTABLISHED, unix.BPF_TCP_FIN_WAIT1, unix.BPF_TCP_FIN_WAIT2: // the latter two: only we have
			default:
				closed = true
			}
		}
	})
	return closed || err != nil
}
