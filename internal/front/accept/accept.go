// Package accept owns how the front ends take connections from a listener: on and on, through shortages that pass. It
// knows nothing of what is spoken on them.
package accept

import (
	"errors"
	"log/slog"
	"net"
	"syscall"
	"time"
)

// pause is how long a shortage is given to pass.
const pause = 50 * time.Millisecond

// Loop gives the connections of a listener to serve, which must not block, until the listener is closed and closing
// reports true, and then returns nil; any other error is the listener's. front names the front end in the log.
func Loop(ln net.Listener, front string, log *slog.Logger, closing func() bool, serve func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			serve(conn)
		case closing():
			return nil
		case isTemporary(err): // out of file descriptors, most likely: others may soon close theirs
			log.Error(front+": accepting a connection", "listener", ln.Addr().String(), "err", err)
			time.Sleep(pause)
		default:
			return err
		}
	}
}

// isTemporary reports whether Accept may work again after a while.
func isTemporary(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}
