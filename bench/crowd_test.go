package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// crowd is many clients of a policy server on a unix socket that ask one question after the other, in one thread: as many goroutines
// would take from Callout and its destination what they need themselves.
type crowd struct {
	socket  string
	clients int
}

// crowdPatience is how long no client gets an answer before the benchmark fails.
const crowdPatience = time.Minute

// member is one client of a crowd.
type member struct {
	fd   int
	n    int       // octets of the answer so far
	room [512]byte // for it
}

// ask asks about recipients 0 to before most, which must exist, and returns answers a second.
func (c crowd) ask(b *testing.B, most int64, recipient func(n int64) string) float64 {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(poll)
	begun := time.Now()
	members := make([]member, c.clients)
	var out []byte
	var asked, answered int64
	next := func(m *member) error {
		if asked == most {
			return nil
		}
		out = appendRequest(out[:0], recipient(asked))
		asked++
		_, err := unix.Write(m.fd, out)
		return err
	}
	for i := range members {
		m := &members[i]
		if m.fd, err = c.join(poll, i); err != nil {
			b.Fatal(err)
		}
		defer unix.Close(m.fd)
		if err := next(m); err != nil {
			b.Fatal(err)
		}
	}
	events := make([]unix.EpollEvent, c.clients)
	for answered < most {
		n, err := unix.EpollWait(poll, events, int(crowdPatience.Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			b.Fatalf("policy server at %s: %d of %d answers within a minute: %v", c.socket, answered, most, err)
		}
		for _, e := range events[:n] {
			m := &members[e.Fd]
			whole, err := m.read()
			if whole {
				answered++
				err = next(m)
			}
			if err != nil {
				b.Fatalf("policy server at %s: %v", c.socket, err)
			}
		}
	}
	return float64(most) / time.Since(begun).Seconds()
}

// join connects a client, whose number comes with its events.
func (c crowd) join(poll, number int) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	err = unix.Connect(fd, &unix.SockaddrUnix{Name: c.socket})
	if err == nil {
		err = unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)})
	}
	if err != nil {
		unix.Close(fd)
		return 0, fmt.Errorf("connect to %s: %w", c.socket, err)
	}
	return fd, nil
}

// read takes what has come and reports whether it is a whole answer, which must be that the recipient exists.
func (m *member) read() (whole bool, err error) {
	n, err := unix.Read(m.fd, m.room[m.n:])
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return false, err
	}
	m.n += n
	answer := m.room[:m.n]
	if !bytes.HasSuffix(answer, []byte("\n\n")) {
		return false, nil
	}
	m.n = 0
	if !bytes.HasPrefix(answer, []byte("action=DUNNO")) {
		return false, fmt.Errorf("it said %q", answer)
	}
	return true, nil
}
