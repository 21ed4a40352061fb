package accept_test

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"callout/internal/front/accept"
)

// listener gives what a test has for it, one after the other.
type listener struct {
	net.Listener
	results []error // nil: a connection
}

func (l *listener) Accept() (net.Conn, error) {
	err := l.results[0]
	l.results = l.results[1:]
	if err != nil {
		return nil, err
	}
	conn, _ := net.Pipe()
	return conn, nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{Port: 25} }

// A shortage is logged and waited out; any other error ends the loop, and so does the end of the server, without one.
func TestLoop(t *testing.T) {
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		results []error
		closing bool
		want    error
		served  int
		logged  int
	}{
		"broken":   {[]error{nil, nil, broken}, false, broken, 2, 0},
		"shortage": {[]error{nil, syscall.EMFILE, syscall.ENFILE, nil, broken}, false, broken, 2, 2},
		"the end":  {[]error{nil, net.ErrClosed}, true, nil, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				served := 0
				err := accept.Loop(&listener{results: tt.results}, "gateway", slog.New(slog.NewTextHandler(&log, nil)),
					func() bool { return tt.closing }, func(net.Conn) { served++ })
				if err != tt.want || served != tt.served || strings.Count(log.String(), "gateway: accepting a connection") != tt.logged {
					t.Errorf("%v, %d served, log %q", err, served, log.String())
				}
			})
		})
	}
}
