package gateway_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"callout/internal/domains"
	"callout/internal/front/gateway"
	"callout/internal/nexthop"
)

// TestDialogues runs the dialogues in testdata: what a client says, what it is told, and what becomes of its message. A
// destination has the mailboxes of isUser at every domain and is asked about recipients. Mail goes to another server,
// the hop, which takes all of it unless the dialogue says otherwise. So what reached the hop is never a callout.
//
// Before the client speaks:
//
//	# what the dialogue shows
//	set KEY VALUE                          a setting of the gateway, or of each domain
//	hop extensions KEYWORD, KEYWORD 100    what the hop's EHLO says; "none" for nothing
//	hop lmtp                               the hop speaks LMTP
//	hop away                               nobody listens there
//
// The client has taken the banner. Lines that follow one another are one write, up to a blank line:
//
//	C LINE                                 it says a line
//	send "OCTETS" [* TIMES]                it sends octets as they are, quoted as in Go
//	S REPLY                                the next reply, in one line, begins so
//	early "OCTETS"                         it connects and does not wait for the banner
//	connect                                it connects anew; the connection that it had stays
//	half-close, close                      it has nothing more to say; it is gone
//	closed                                 the gateway says nothing more and has closed
//	shutdown                               the gateway is told to end
//	hop refuse STEP [WORD] REPLY           the hop says so from now on, where WORD is in what was said
//	hop fault STEP close|garbage [N]       so from now on, the Nth time; at BODY behind N octets
//	destination refuse, destination fault  likewise for callouts
//
// When the client and the gateway have parted:
//
//	messages N                             that many have arrived
//	arrived "OCTETS"                       the next of them, behind the Received field of the gateway
//	received [not] TEXT                    the field of the first has TEXT in it
//	hop heard LINE                         the hop was told exactly that
//	hop heard not LINE                     it was told nothing that begins so
//	hop heard together LINE | LINE         the lines came as one write
//	hop sessions N                         that many connections were made to it
//	verdict ADDRESS valid|invalid|unknown  what is known of a recipient
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), "# ") {
				t.Fatalf("%s: the first line says nothing about what is shown", file)
			}
			d := newDialogue(t, file)
			for line := range strings.Lines(string(text)) {
				d.at++
				d.act(strings.TrimSuffix(line, "\n"))
			}
			d.end()
		})
	}
}

// dialogue is one file on its way.
type dialogue struct {
	t    *testing.T
	file string
	at   int // line of it
	plan plan
	hop  *nextServer
	asks *conduct // of the destination

	house *house // nil until the client speaks
	hops  *nexthop.Hops
	c     *client
	said  strings.Builder // lines that are to be sent together
	gone  bool            // the client has closed its side
	over  bool
	taken int // messages that were looked at
}

func newDialogue(t *testing.T, file string) *dialogue {
	d := &dialogue{t: t, file: file, hop: newNextServer(), asks: new(conduct)}
	d.plan = plan{elsewhere: true, settings: func(*gateway.Settings) {}, domain: func(*domains.Domain) {}}
	return d
}

func (d *dialogue) fatalf(format string, args ...any) {
	d.t.Helper()
	d.t.Fatalf("%s:%d: %s", d.file, d.at, fmt.Sprintf(format, args...))
}

// act does what one line says.
func (d *dialogue) act(line string) {
	d.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "C":
		d.said.WriteString(rest + "\r\n")
		return
	case "send":
		d.said.WriteString(d.octets(rest))
		return
	case "#":
		return
	}
	d.speak()
	switch word {
	case "":
	case "set":
		d.set(strings.Cut(rest, " "))
	case "hop":
		d.nextHop(rest)
	case "destination":
		if err := d.asks.add(rest); err != nil {
			d.fatalf("%v", err)
		}
	case "S":
		d.expect(rest)
	case "messages", "arrived", "received", "verdict":
		d.end()
		d.check(word, rest)
	default:
		d.move(word, rest)
	}
}

// move does what has to do with connections.
func (d *dialogue) move(word, rest string) {
	d.t.Helper()
	switch word {
	case "early":
		d.build()
		d.c = d.house.connect(d.t)
		d.c.send(d.octets(rest))
	case "connect":
		d.build()
		d.c = d.house.dial(d.t)
	case "half-close":
		d.c.conn.(*net.TCPConn).CloseWrite()
		d.gone = true
	case "close":
		d.c.conn.Close()
		d.gone = true
	case "closed":
		d.closed()
		d.c.conn.Close()
		d.gone = true
	case "shutdown":
		d.shutdown()
	default:
		d.fatalf("what is %q?", word)
	}
}

// octets reads what send sends.
func (d *dialogue) octets(text string) string {
	d.t.Helper()
	octets, err := unquote(text)
	if err != nil {
		d.fatalf("%s: %v", text, err)
	}
	return octets
}

// unquote reads octets that are quoted as in Go, and how many times there are.
func unquote(text string) (string, error) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", err
	}
	octets, _ := strconv.Unquote(quoted)
	times := 1
	if factor, ok := strings.CutPrefix(text[len(quoted):], " * "); ok {
		if times, err = strconv.Atoi(factor); err != nil {
			return "", err
		}
	}
	return strings.Repeat(octets, times), nil
}

// speak sends what was collected.
func (d *dialogue) speak() {
	d.t.Helper()
	if d.said.Len() == 0 {
		return
	}
	if d.build(); d.c == nil {
		d.c = d.house.dial(d.t)
	}
	d.c.send(d.said.String())
	d.said.Reset()
}

// build starts the gateway and those behind it.
func (d *dialogue) build() {
	d.t.Helper()
	if d.house != nil {
		return
	}
	to := d.hop.listen(d.t)
	domain := d.plan.domain
	d.plan.domain = func(served *domains.Domain) {
		domain(served)
		if served.Name == "example.com" || served.Name == "alike.example" {
			served.DeliverTo = to
		}
	}
	d.plan.hop = d.asks.destination
	d.plan.options = func(o *gateway.Options) { d.hops = o.Hops }
	d.house = build(d.t, d.plan)
}

// set takes a setting.
func (d *dialogue) set(key, value string, _ bool) {
	d.t.Helper()
	if d.house != nil {
		d.fatalf("too late: the gateway runs")
	}
	if change := gatewaySettings[key]; change != nil {
		before := d.plan.settings
		d.plan.settings = func(s *gateway.Settings) { before(s); change(s, value) }
		return
	}
	change := domainSettings[key+" "+value]
	if change == nil {
		d.fatalf("no setting %s %s", key, value)
	}
	before := d.plan.domain
	d.plan.domain = func(served *domains.Domain) { before(served); change(served) }
}

// nextHop does, or looks at, what has to do with the hop.
func (d *dialogue) nextHop(rest string) {
	d.t.Helper()
	word, of, _ := strings.Cut(rest, " ")
	switch word {
	case "heard", "sessions":
		d.end()
		d.check(word, of)
	case "extensions":
		d.hop.r.Extensions = []string{}
		if of != "none" {
			d.hop.r.Extensions = strings.Split(of, ", ")
		}
	case "lmtp":
		d.hop.r.LMTP = true
	case "away":
		d.hop.away = true
	default:
		if err := d.hop.conduct.add(rest); err != nil {
			d.fatalf("%v", err)
		}
	}
}

// expect takes the next reply.
func (d *dialogue) expect(want string) {
	d.t.Helper()
	if d.build(); d.c == nil {
		d.c = d.house.dial(d.t)
	}
	got, err := d.c.r.ReadReply()
	if err != nil {
		d.fatalf("%v; want %s", err, want)
	}
	if !strings.HasPrefix(got.String(), want) {
		d.fatalf("%s; want %s", got, want)
	}
}
