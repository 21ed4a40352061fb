package callout_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
)

// mx is a host in memory that announces PIPELINING and answers every RCPT by a function, which gets the recipient and for
// how many sessions it has been asked. It closes behind a 421.
type mx struct {
	rcpt func(recipient string, session int) string
	mail string // reply to MAIL, "" for 250

	mu       sync.Mutex
	sessions int
	gate     chan struct{} // closed when greetings may be said; nil: at once
}

func (m *mx) dial(context.Context, netip.Addr, string) (net.Conn, error) {
	client, server := net.Pipe()
	m.mu.Lock()
	m.sessions++
	session := m.sessions
	m.mu.Unlock()
	go m.serve(server, session)
	return client, nil
}

func (m *mx) serve(conn net.Conn, session int) {
	defer conn.Close()
	if m.gate != nil {
		<-m.gate
	}
	out := bufio.NewWriter(conn)
	fmt.Fprint(out, "220 mx\r\n")
	out.Flush()
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		said := "250 Ok"
		switch {
		case strings.HasPrefix(line, "EHLO"):
			said = "250-mx\r\n250 PIPELINING"
		case strings.HasPrefix(line, "MAIL") && m.mail != "":
			said = m.mail
		case strings.HasPrefix(line, "RCPT"):
			said = m.rcpt(strings.Trim(strings.TrimSpace(line), "RCPTO: <>"), session)
		case strings.HasPrefix(line, "QUIT"):
			said = "221 Bye"
		}
		fmt.Fprint(out, said+"\r\n")
		if in.Buffered() > 0 && !strings.HasPrefix(said, "421") {
			continue
		}
		if out.Flush() != nil || strings.HasPrefix(said, "421") || said == "221 Bye" {
			return
		}
	}
}

// asker asks hosts about recipients, one session at a time.
type asker struct {
	*callout.Pools
	settings callout.Settings
}

func newAsker(t *testing.T, o callout.Options) *asker {
	a := &asker{Pools: callout.NewPools(o), settings: callout.DefaultSettings()}
	a.settings.Hostname, a.settings.MaxSessions = "filter.example.net", 1
	t.Cleanup(func() { a.Close(context.Background()) })
	return a
}

// ask asks about a recipient at hosts of falling priority.
func (a *asker) ask(recipient string, trace func(callout.Line), hosts ...string) callout.Answer {
	q := callout.Question{Settings: &a.settings, Trace: trace}
	var err error
	if q.Recipient, err = address.Parse(recipient); err != nil {
		panic(err)
	}
	for _, name := range hosts {
		h, err := callout.ParseHost(name)
		if err != nil {
			panic(err)
		}
		q.Destination = append(q.Destination, []callout.Host{h})
	}
	return a.Ask(context.Background(), q)
}

const where = "192.0.2.1:25"

// wordsOf is all that an answer says of what a host said.
func wordsOf(a callout.Answer) string {
	words := a.Reply.String() + " " + a.Probe.Reply.String()
	if a.Problem != nil {
		words += " " + a.Problem.Error() + " " + a.Problem.Reply.String()
	}
	return words
}

func tooMany(recipient string, _ int) string {
	return "421 4.7.0 too many errors RCPT TO:<" + recipient + ">"
}

// While a host is left alone, a question is told the kind, the stage and the codes of what another was told, and since when
// and until when that lasts: not in which words, where the other's recipient may be.
func TestWhoIsNotAskedIsNotToldWhatAnotherWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(t, callout.Options{Dial: (&mx{rcpt: tooMany}).dial})
		began := time.Now()
		if first := a.ask("topsecret@victim2.example", nil, where); !strings.Contains(wordsOf(first), "RCPT TO:<topsecret@victim2.example>") || first.NotAsked {
			t.Errorf("who was asked is told %+v: %v", first, first.Problem)
		}
		var told follow
		second := a.ask("john@example.com", told.add, where)
		p := second.Problem
		if p == nil || strings.Contains(wordsOf(second), "victim") || told.has("victim") || p.Reply.Code != 421 || p.Reply.Enhanced.String() != "4.7.0" ||
			p.Kind != callout.Closed || p.Stage != callout.StageRcpt || !p.Since.Equal(began) || !p.Again.After(began) || !p.NotAsked || !second.NotAsked || !second.Reply.IsZero() {
			t.Errorf("who was not is told %+v: %v", second, p)
		}
		left := fmt.Sprintf("left alone since %s, not asked before %s (rcpt: closed, 421 4.7.0)", p.Since.Format(time.TimeOnly), p.Again.Format(time.TimeOnly))
		if want := "callout to " + where + ": " + left; p.Error() != want {
			t.Errorf("in words: %s\nwant %s", p, want)
		}
		if !told.has(where + ": " + left) {
			t.Errorf("the dialogue says %q", told.lines)
		}
		if status, ok := a.HostStatus(where); !ok || !strings.Contains(status.Problem.Error(), "RCPT TO:<topsecret@victim2.example>") {
			t.Errorf("the host's status has %v", status.Problem)
		}
		synctest.Wait()
	})
}

// However a session fails that several questions have to do with, each of them is told of its own recipient alone.
func TestFailuresOfAFlightNameNobodyElse(t *testing.T) {
	for name, rcpt := range map[string]func(recipient string, session int) string{
		"421 to each":     tooMany,
		"no reply":        func(recipient string, _ int) string { return "what about <" + recipient + ">?" },
		"421 after some":  func(recipient string, session int) string { return afterSome(recipient, session) },
		"a line too many": func(recipient string, _ int) string { return "250 Ok\r\nwho is <" + recipient + ">?" },
		"refused, then 421": func(recipient string, _ int) string {
			return "550 5.1.1 <" + recipient + ">\r\n421 4.7.0 gone over <" + recipient + ">"
		},
		"421 on the first session": func(recipient string, session int) string { return onTheFirst(recipient, session) },
	} {
		for _, several := range []int{1, 100} {
			t.Run(fmt.Sprintf("%s, %d", name, several), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { askTogether(t, rcpt, several) })
			})
		}
	}
}

func afterSome(recipient string, session int) string {
	if strings.HasPrefix(recipient, "secret0@") || strings.HasPrefix(recipient, "secret1@") {
		return "250 2.1.5 <" + recipient + ">"
	}
	return tooMany(recipient, session)
}

func onTheFirst(recipient string, session int) string {
	if session > 1 {
		return "451 4.3.0 <" + recipient + "> later"
	}
	return tooMany(recipient, session)
}

// askTogether asks six recipients at a host that greets when all of them wait.
func askTogether(t *testing.T, rcpt func(string, int) string, several int) {
	m := &mx{rcpt: rcpt, gate: make(chan struct{})}
	a := newAsker(t, callout.Options{Dial: m.dial})
	a.settings.RecipientsPerTransaction = several
	var all sync.WaitGroup
	var recipients [6]string
	var answers [6]callout.Answer
	var told [6]follow
	for i := range recipients {
		recipients[i] = fmt.Sprintf("secret%d@customer%d.example", i, i/2) // two of each domain
		all.Go(func() { answers[i] = a.ask(recipients[i], told[i].add, where) })
		synctest.Wait()
	}
	close(m.gate)
	all.Wait()
	for i, answer := range answers {
		for j, other := range recipients {
			if words := wordsOf(answer); i != j && strings.Contains(words, other) {
				t.Errorf("%s is told %s", recipients[i], words)
			}
		}
	}
	synctest.Wait()
}

// A line that is no reply may have come late, over another recipient: whoever it is read for is not told it.
func TestLinesThatComeLateAreToldNobody(t *testing.T) {
	for _, late := range []string{"secret0@example.com", "secret1@example.com"} {
		synctest.Test(t, func(t *testing.T) {
			m := &mx{gate: make(chan struct{})}
			a := newAsker(t, callout.Options{Dial: m.dial})
			var closing sync.Once
			m.rcpt = func(recipient string, _ int) string {
				closing.Do(func() { // so that nobody is asked in a second session
					go a.Close(context.Background())
					synctest.Wait()
				})
				if recipient == late {
					return "250 Ok\r\nwho is <" + late + ">?"
				}
				return "250 Ok"
			}
			var all sync.WaitGroup
			for i := range 2 {
				all.Go(func() {
					answer := a.ask(fmt.Sprintf("secret%d@example.com", i), nil, where)
					if words := wordsOf(answer); answer.Problem == nil || answer.Problem.Kind != callout.Garbage || strings.Contains(words, late) {
						t.Errorf("late over %s: %d is told %s", late, i, words)
					}
				})
				synctest.Wait()
			}
			close(m.gate)
			all.Wait()
		})
	}
}

// Others learn neither from which local address somebody is asked.
func TestWhoIsNotAskedIsNotToldFromWhereAnotherWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := func(context.Context, netip.Addr, string) (net.Conn, error) { return nil, errors.New("refused") }
		a := newAsker(t, callout.Options{Dial: refused})
		a.settings.Source = []netip.Addr{netip.MustParseAddr("192.0.2.99")}
		if first := a.ask("john@example.com", nil, where); !strings.Contains(first.Problem.Error(), "from 192.0.2.99: refused") {
			t.Errorf("who was asked is told %v", first.Problem)
		}
		a.settings.Source = nil
		if second := a.ask("john@other.example", nil, where); strings.Contains(second.Problem.Error(), ".99") || !strings.Contains(second.Problem.Error(), "(connect: refused)") {
			t.Errorf("who was not is told %v", second.Problem)
		}
	})
}

// Where a second session is not to be had, the question keeps what it was told itself in the first.
func TestOwnReplyOutranksThatNobodyWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(mx)
		a := newAsker(t, callout.Options{Dial: m.dial})
		m.rcpt = func(recipient string, session int) string {
			go a.Close(context.Background())
			synctest.Wait()
			return tooMany(recipient, session)
		}
		if answer := a.ask("john@example.com", nil, where); answer.NotAsked || !strings.Contains(wordsOf(answer), "RCPT TO:<john@example.com>") {
			t.Errorf("%+v: %v", answer, answer.Problem)
		}
	})
}

// A question that waits behind another whose session fails is told why that one was not opened, in its own dialogue too, and that
// it was not asked where the session was another's.
func TestWhoWaitedForASessionIsToldWhyThereIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		a := newAsker(t, callout.Options{Dial: func(context.Context, netip.Addr, string) (net.Conn, error) {
			<-gate
			return nil, errors.New("refused")
		}})
		var all sync.WaitGroup
		var told [2]follow
		for i := range told {
			all.Go(func() { a.ask("john@example.com", told[i].add, where) })
			synctest.Wait()
		}
		close(gate)
		all.Wait()
		if !told[0].has("callout to "+where+": connect: refused") || !told[1].has(where+": refused") {
			t.Errorf("told are %q and %q", told[0].lines, told[1].lines)
		}
	})
}

// The dialogue of a question in a session that is kept says so first.
func TestDialogueInAnOpenSessionSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(t, callout.Options{Dial: (&mx{rcpt: func(string, int) string { return "250 Ok" }}).dial})
		var first, second follow
		a.ask("john@example.com", first.add, where)
		a.ask("mary@example.com", second.add, where)
		if first.lines[0] != "connecting to "+where || first.has("open session") {
			t.Errorf("who opened it is told %q", first.lines)
		}
		if len(second.lines) < 2 || second.lines[0] != "on an open session to "+where || second.lines[1] != "MAIL FROM:<>" {
			t.Errorf("who came later is told %q", second.lines)
		}
	})
}

// zone is a resolver that knows some names.
type zone map[string]string

func (n zone) LookupHost(_ context.Context, name string) ([]string, error) {
	if address, ok := n[name]; ok {
		return []string{address}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (n zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func refuse(context.Context, netip.Addr, string) (net.Conn, error) {
	return nil, errors.New("connection refused")
}

// Where no host answers, the problem of the one that came furthest tells of up to three others, the dialogue of all.
func TestEachHostThatWasTriedIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(t, callout.Options{Dial: refuse, Resolver: zone{}})
		var told follow
		answer := a.ask("john@example.com", told.add, where, "a.invalid", "b.invalid")
		if want := "callout to 192.0.2.1:25: connect: connection refused; a.invalid:25: DNS has no address for it; b.invalid:25: DNS has no address for it"; answer.Problem.Error() != want {
			t.Errorf("problem %s\nwant %s", answer.Problem, want)
		}
		for _, line := range []string{"callout to 192.0.2.1:25: connect: connection refused", "\na.invalid:25: DNS has no address for it\nb.invalid:25: DNS has no address for it"} {
			if !told.has(line) {
				t.Errorf("the dialogue lacks %q: %q", line, told.lines)
			}
		}
		answer = a.ask("john@example.com", nil, "a.invalid", "b.invalid", "c.invalid", "d.invalid", "e.invalid", "f.invalid")
		if got := answer.Problem.Error(); !strings.HasSuffix(got, "; d.invalid:25: DNS has no address for it; and 2 more") || answer.NotAsked {
			t.Errorf("problem of six: %s", got)
		}
		answer = a.ask("john@example.com", nil, where)
		if !answer.NotAsked || len(answer.Problem.Others) > 0 {
			t.Errorf("one that is left alone alone: %+v", answer)
		}
		if answer = a.ask("john@example.com", nil, where, "a.invalid"); answer.NotAsked {
			t.Errorf("one that is left alone and another: %+v", answer)
		}
	})
}

// A name that leads nowhere is found by that name, until it leads somewhere again.
func TestTroubleOfANameIsFoundUnderIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := zone{}
		a := newAsker(t, callout.Options{Dial: (&mx{rcpt: func(string, int) string { return "250 Ok" }}).dial, Resolver: dns})
		for destination, address := range map[string]string{"gone.example:25": "gone.example:25", "smtps://gone.example:465": "gone.example:465", "mx:gone.example": "mx:gone.example"} {
			a.ask("john@example.com", nil, destination)
			got := a.StatusOf(destination)
			if destination == "mx:gone.example" { // no MX records: the domain itself
				got = a.StatusOf("gone.example:25")
				address = "gone.example:25"
			}
			if len(got) != 1 || got[0].Address != address || got[0].State != callout.StateTrouble || !strings.Contains(got[0].Problem.Error(), "DNS has no address") {
				t.Errorf("%s: %+v", destination, got)
			}
		}
		dns["gone.example"] = "192.0.2.1"
		time.Sleep(time.Minute)
		a.ask("john@example.com", nil, "gone.example:25")
		if got := a.StatusOf("gone.example:25"); len(got) != 1 || got[0].Address != where || got[0].State != callout.StateUp {
			t.Errorf("it leads somewhere again: %+v", got)
		}
	})
}
