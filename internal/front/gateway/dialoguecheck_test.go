package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"callout/internal/address"
)

// closed says that the gateway has closed.
func (d *dialogue) closed() {
	d.t.Helper()
	if reply, err := d.c.r.ReadReply(); err == nil {
		d.fatalf("%s; want no further reply", reply)
	} else if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		d.fatalf("%v; want a closed connection", err)
	}
}

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

// shutdown tells the gateway to end, and waits until it takes no connections any more.
func (d *dialogue) shutdown() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.house.server.Shutdown(ctx)
	}()
	d.t.Cleanup(func() {
		cancel()
		<-ended
	})
	for {
		conn, err := net.Dial("tcp", d.house.address)
		if err != nil {
			return
		}
		conn.Close()
	}
}

// end has the client leave, if it has not, and waits until all that it sent has come to its end. From then on what
// has arrived can be looked at. A reply that the dialogue does not have is an error.
func (d *dialogue) end() {
	d.t.Helper()
	if d.over {
		return
	}
	d.over = true
	d.speak()
	if d.c != nil && !d.gone {
		d.c.conn.(*net.TCPConn).CloseWrite()
		d.closed()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d.house.server.Shutdown(ctx)
	d.hops.Close(ctx)
	if err := d.hop.wait(ctx); err != nil {
		d.fatalf("%v", err)
	}
}

// check looks at what has arrived.
func (d *dialogue) check(word, want string) {
	d.t.Helper()
	messages := d.hop.r.Received()
	switch word {
	case "messages":
		if fmt.Sprint(len(messages)) != want {
			d.fatalf("%d messages; want %s: %+v", len(messages), want, messages)
		}
	case "arrived":
		d.arrived(d.octets(want))
	case "received":
		text, not := strings.CutPrefix(want, "not ")
		if field, _ := cutReceived(string(messages[0].Data)); strings.Contains(field, text) == not {
			d.fatalf("%q", field)
		}
	case "heard":
		d.heard(want)
	case "sessions":
		if got := d.hop.r.Sessions(); fmt.Sprint(got) != want {
			d.fatalf("%d sessions; want %s", got, want)
		}
	case "verdict":
		d.verdict(strings.Cut(want, " "))
	}
}

// arrived looks at the next message. It must be one for any reader.
func (d *dialogue) arrived(want string) {
	d.t.Helper()
	messages := d.hop.r.Received()
	if d.taken == len(messages) {
		d.fatalf("%d messages", len(messages))
	}
	m := messages[d.taken]
	d.taken++
	if _, got := cutReceived(string(m.Data)); got != want {
		d.fatalf("%q; want %q", got, want)
	}
	if m.Lenient != 1 {
		d.fatalf("%d messages for a lenient reader", m.Lenient)
	}
}

// cutReceived takes a message apart: the gateway's Received field, and what is behind it.
func cutReceived(message string) (field, rest string) {
	for line := range strings.Lines(message) {
		if field != "" && !strings.HasPrefix(line, "\t") {
			break
		}
		field += line
	}
	return field, message[len(field):]
}

// heard looks at what the hop was told.
func (d *dialogue) heard(want string) {
	d.t.Helper()
	var lines []string
	for _, line := range d.hop.r.Transcript() {
		_, line, _ = strings.Cut(line, ": ")
		lines = append(lines, line)
	}
	if not, ok := strings.CutPrefix(want, "not "); ok {
		for _, line := range lines {
			if strings.HasPrefix(line, not) {
				d.fatalf("the hop heard %q", line)
			}
		}
		return
	}
	if together, ok := strings.CutPrefix(want, "together "); ok {
		if want = strings.ReplaceAll(together, " | ", "\r\n") + "\r\n"; !slices.Contains(d.hop.heard(), want) {
			d.fatalf("the hop heard %q", d.hop.heard())
		}
		return
	}
	if !slices.Contains(lines, want) {
		d.fatalf("the hop heard %q", lines)
	}
}

// verdict looks at what is known of a recipient.
func (d *dialogue) verdict(who, want string, _ bool) {
	d.t.Helper()
	r, err := address.Parse(who)
	if err != nil {
		d.fatalf("%v", err)
	}
	verdict, _, err := d.house.verifier.Peek(context.Background(), r)
	if err != nil || verdict.Status.String() != want {
		d.fatalf("%v, %v", verdict.Status, err)
	}
}
