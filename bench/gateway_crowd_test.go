package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// mailCrowd is many SMTP clients in one thread, as crowd is many clients of a policy server. Each client says the
// flights of opening, then those of dialogue until time is up, then QUIT.
type mailCrowd struct {
	addr     string
	clients  int
	opening  []flight // the greeting comes before it
	dialogue []flight // from its start again when it is through; each client begins at another place
	step     int      // flights of the dialogue that belong together: a client begins with the first of them
}

// flight is commands that are sent at once.
type flight struct {
	commands   []byte
	replies    string // the first digit of each
	recipients int    // RCPTs among the commands
}

var (
	greeting = flight{replies: "2"}
	farewell = flight{commands: []byte("QUIT\r\n"), replies: "2"}
	hello    = flight{commands: []byte("EHLO client.example.org\r\n"), replies: "2"}
	mail     = flight{commands: []byte("MAIL FROM:<someone@example.org>\r\n"), replies: "2"}
	reset    = flight{commands: []byte("RSET\r\n"), replies: "2"}
)

// rcpt is a flight of one RCPT, whose reply begins with a digit.
func rcpt(recipient, digit string) flight {
	return flight{fmt.Appendf(nil, "RCPT TO:<%s>\r\n", recipient), digit, 1}
}

// together makes one flight of several.
func together(flights ...flight) flight {
	var all flight
	for _, f := range flights {
		all.commands = append(all.commands, f.commands...)
		all.replies += f.replies
		all.recipients += f.recipients
	}
	return all
}

// mailClient is one client of a mailCrowd.
type mailClient struct {
	fd   int
	now  *flight    // what it waits for the replies of
	got  int        // replies to it
	said int        // flights of the opening
	at   int        // in the dialogue
	n    int        // octets in room
	room [8192]byte // for replies
}

// ask asks for so long and returns answers to RCPT a second. What each reply begins with must be as foreseen.
func (c *mailCrowd) ask(b *testing.B, least time.Duration) float64 {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(poll)
	clients := make([]mailClient, c.clients)
	begun := time.Now()
	for i := range clients {
		m := &clients[i]
		m.now, m.at = &greeting, i*c.step
		if m.fd, err = c.join(poll, i); err != nil {
			b.Fatalf("connect to %s: %v", c.addr, err)
		}
		defer func() {
			if m.fd >= 0 {
				unix.Close(m.fd)
			}
		}()
	}
	answered, left, last := 0, c.clients, begun
	events := make([]unix.EpollEvent, c.clients)
	for left > 0 {
		n, err := unix.EpollWait(poll, events, int(crowdPatience.Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			b.Fatalf("%s: %d clients wait for a reply for a minute: %v", c.addr, left, err)
		}
		for _, e := range events[:n] {
			recipients, gone, err := c.hear(&clients[e.Fd], time.Since(begun) >= least)
			if err != nil {
				b.Fatalf("SMTP server at %s: %v", c.addr, err)
			}
			if recipients > 0 {
				answered += recipients
				last = time.Now()
			}
			if gone {
				left--
			}
		}
	}
	return float64(answered) / last.Sub(begun).Seconds()
}

// hear takes what has come for a client, and has it go on when its flight is answered. It returns how many
// recipients that tells about, and whether the client is through.
func (c *mailCrowd) hear(m *mailClient, enough bool) (recipients int, gone bool, err error) {
	whole, err := m.read()
	if err != nil || !whole {
		return 0, false, err
	}
	if m.now == &farewell {
		err := unix.Close(m.fd)
		m.fd = -1
		return 0, true, err
	}
	recipients = m.now.recipients
	return recipients, false, c.next(m, enough)
}

// next has a client say its next flight: QUIT once it is enough.
func (c *mailCrowd) next(m *mailClient, enough bool) error {
	switch {
	case enough:
		m.now = &farewell
	case m.said < len(c.opening):
		m.now = &c.opening[m.said]
		m.said++
	default:
		m.now = &c.dialogue[m.at%len(c.dialogue)]
		m.at++
	}
	_, err := unix.Write(m.fd, m.now.commands)
	return err
}

// join connects a client, whose number comes with its events.
func (c *mailCrowd) join(poll, number int) (fd int, err error) {
	addr, err := net.ResolveTCPAddr("tcp4", c.addr)
	if err != nil {
		return 0, err
	}
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())})
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		err = unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)})
	}
	if err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

// read takes what has come and reports whether all replies to the flight are there.
func (m *mailClient) read() (whole bool, err error) {
	n, err := unix.Read(m.fd, m.room[m.n:])
	if err == nil && n == 0 {
		err = errors.New("it closed the connection, or a line of it has no end")
	}
	if err != nil {
		return false, err
	}
	m.n += n
	rest := m.room[:m.n]
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		line := rest[:end+1]
		rest = rest[end+1:]
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if m.got == len(m.now.replies) || line[0] != m.now.replies[m.got] {
			return false, fmt.Errorf("it said %q to the command %d of %.100q", line, m.got+1, m.now.commands)
		}
		m.got++
	}
	m.n = copy(m.room[:], rest)
	if m.got < len(m.now.replies) {
		return false, nil
	}
	m.got = 0
	return true, nil
}
