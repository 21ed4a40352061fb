package lab_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/lab"
	"callout/internal/smtpwire"
)

var domains = map[string]lab.Domain{
	"example.com": {Mailboxes: []string{"john", "jürgen"}},
	"example.org": {CatchAll: true},
}

// model plays a session against a destination and requires what Finish says of it: a part of it, or "" for nothing.
func model(t *testing.T, h lab.Habits, b lab.Bounds, want string, client func(t *testing.T, m *lab.Model)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h.Domains = domains
		m := lab.NewModel(h, b, 1)
		client(t, m)
		err := m.Finish()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("the client is blamed for: %v; want %q", err, want)
		}
	})
}

// asker is the client of a session.
type asker struct {
	net.Conn
	r     *smtpwire.Reader
	codes []string // of the replies so far; "end" at the end
}

// asks connects, which must come about, and waits for the greeting.
func asks(t *testing.T, m *lab.Model) *asker {
	t.Helper()
	conn, err := m.Dial(t.Context(), netip.Addr{}, mx)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	a := &asker{Conn: conn, r: smtpwire.NewReader(conn)}
	a.hear(1)
	return a
}

func (a *asker) hear(n int) {
	for range n {
		reply, err := a.r.ReadReply()
		if err != nil {
			a.codes = append(a.codes, "end")
			return
		}
		a.codes = append(a.codes, fmt.Sprint(reply.Code))
	}
}

// say says lines, those that end with a space together with the one behind them, and waits for their replies.
func (a *asker) say(lines ...string) {
	flight, due := "", 0
	for _, line := range lines {
		line, more := strings.CutSuffix(line, " ")
		flight += line + "\r\n"
		due++
		if !more && a.codes[len(a.codes)-1] != "end" {
			io.WriteString(a, flight)
			a.hear(due)
			flight, due = "", 0
		}
	}
}

// talk is a whole session. It returns the codes of all replies.
func talk(t *testing.T, m *lab.Model, lines ...string) string {
	t.Helper()
	a := asks(t, m)
	a.say(lines...)
	a.Close()
	return strings.Join(a.codes, " ")
}

func TestModelAnswersTruly(t *testing.T) {
	model(t, lab.Habits{Pipelining: true, SMTPUTF8: true}, lab.Bounds{Sessions: 1, Rejections: 2, RetireAt: 2}, "", func(t *testing.T, m *lab.Model) {
		got := talk(t, m, "EHLO me", "MAIL FROM:<> ", "RCPT TO:<John@example.com> ", "RCPT TO:<x@example.com> ", "RSET ",
			"MAIL FROM:<> ", "RCPT TO:<x@example.org> ", "RSET", "MAIL FROM:<> SMTPUTF8", "RCPT TO:<jürgen@example.com>", "RSET",
			"MAIL FROM:<>", "RCPT TO:<x@example.net>", "QUIT")
		if want := "220 250 250 250 550 250 250 250 250 250 250 250 250 550 221"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for who, exists := range map[string]bool{"JOHN@example.com": true, "x@example.com": false, "x@example.org": true, "x@example.net": false, "jürgen@example.com": true} {
			r, _ := address.Parse(who)
			if accepted, rejected := m.Truth(r); accepted != exists || rejected == exists {
				t.Errorf("%s: %v, %v", who, accepted, rejected)
			}
		}
		if x, _ := address.Parse("x@example.com"); m.Asked(x) != 1 || m.Connections() != 1 || m.Most() != 1 {
			t.Errorf("asked %d times, %d connections, %d at most", m.Asked(x), m.Connections(), m.Most())
		}
	})
	model(t, lab.Habits{}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		r, _ := address.Parse("jürgen@example.com")
		if accepted, rejected := m.Truth(r); accepted || !rejected {
			t.Errorf("without SMTPUTF8: %v, %v", accepted, rejected)
		}
	})
}

func TestModelHasLimits(t *testing.T) {
	ask := func(n int, who string) (lines []string) {
		lines = append(lines, "EHLO me", "MAIL FROM:<>")
		for range n {
			lines = append(lines, "RCPT TO:<"+who+"@example.com>")
		}
		return lines
	}
	resets := []string{"EHLO me", "RSET", "RSET", "RSET"}
	for _, c := range []struct {
		name  string
		h     lab.Habits
		lines []string
		want  string
	}{
		{"421 behind the second rejection", lab.Habits{Rejections: lab.Cut{N: 2, Reply: "421 no", Behind: true}}, append(ask(2, "x"), "NOOP"), "220 250 250 550 550 421"},
		{"421 instead of it", lab.Habits{Rejections: lab.Cut{N: 2, Reply: "421 no"}}, append(ask(2, "x"), "NOOP"), "220 250 250 550 421 end"},
		{"closes behind it", lab.Habits{Rejections: lab.Cut{N: 2, Behind: true}}, append(ask(2, "x"), "NOOP"), "220 250 250 550 550 end"},
		{"closes instead of it", lab.Habits{Rejections: lab.Cut{N: 2}}, ask(2, "x"), "220 250 250 550 end"},
		{"accepted ones do not count", lab.Habits{Rejections: lab.Cut{N: 1}}, append(ask(3, "john"), "QUIT"), "220 250 250 250 250 250 221"},
		{"RSETs", lab.Habits{Resets: lab.Cut{N: 3, Reply: "554 no"}}, append(resets, "NOOP"), "220 250 250 250 554 end"},
		{"recipients", lab.Habits{PerTransaction: 2}, append(ask(3, "john"), "QUIT"), "220 250 250 250 250 452 221"},
		{"recipients, Exim", lab.Habits{PerTransaction: 1, Beyond: lab.BeyondReplies[2]}, append(ask(2, "john"), "QUIT"), "220 250 250 250 550 221"},
		{"HELO only", lab.Habits{HELO: true}, []string{"EHLO me", "HELO me", "MAIL FROM:<>", "QUIT"}, "220 500 250 250 221"},
		{"MAIL", lab.Habits{RefusesMail: 1}, []string{"EHLO me", "MAIL FROM:<>", "QUIT"}, "220 250 452 221"},
		{"greylisting", lab.Habits{Temporary: 1}, append(ask(1, "john"), "QUIT"), "220 250 250 450 221"},
	} {
		t.Run(c.name, func(t *testing.T) {
			model(t, c.h, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
				if got := talk(t, m, c.lines...); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			})
		})
	}
}

func TestModelSessionsAtATime(t *testing.T) {
	model(t, lab.Habits{Sessions: 1}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		first := asks(t, m)
		if got := talk(t, m, "QUIT"); got != "421 end" {
			t.Errorf("beside another: %s", got)
		}
		first.say("QUIT")
		first.Close()
		synctest.Wait()
		if got := talk(t, m, "QUIT"); got != "220 221" || m.Most() != 2 {
			t.Errorf("then: %s, %d at once", got, m.Most())
		}
	})
}

// What the dice bring the client is not to blame for.
func TestModelMoods(t *testing.T) {
	for _, c := range []struct {
		name string
		h    lab.Habits
		want string // one of these
		took time.Duration
	}{
		{"idle", lab.Habits{IdleFor: 3 * time.Second}, "220 250 421", 3 * time.Second},
		{"closes", lab.Habits{Closes: 1}, "220 421, 220 end", 0},
		{"sulks", lab.Habits{Sulks: 1}, "421 end, 450 503, 554 503", 0},
		{"garbage", lab.Habits{Garbage: 1}, "220 end", 0},
		{"hangs", lab.Habits{Hangs: 1}, "220 end", time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			model(t, c.h, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
				begun := time.Now()
				a := asks(t, m)
				defer a.Close()
				a.say("EHLO me")
				if c.name == "idle" {
					a.hear(1)
				}
				got := strings.Join(a.codes, " ")
				if !slices.Contains(strings.Split(c.want, ", "), got) || time.Since(begun) != c.took {
					t.Errorf("%s after %v; want %s after %v", got, time.Since(begun), c.want, c.took)
				}
				if c.name == "sulks" {
					a.say("QUIT")
				}
			})
		})
	}
}

func TestModelConnectionsThatDoNotComeAbout(t *testing.T) {
	model(t, lab.Habits{Refuses: 1}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		if _, err := m.Dial(t.Context(), netip.Addr{}, mx); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
	model(t, lab.Habits{Unreachable: 1}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := m.Dial(ctx, netip.Addr{}, mx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestModelDelays(t *testing.T) {
	model(t, lab.Habits{RejectionDelay: 5 * time.Second}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		begun := time.Now()
		talk(t, m, "EHLO me", "MAIL FROM:<>", "RCPT TO:<john@example.com>", "RCPT TO:<x@example.com>", "QUIT")
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
	model(t, lab.Habits{Delay: time.Second}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
		begun := time.Now()
		talk(t, m, "EHLO me", "NOOP", "QUIT") // five delays with the connection and the greeting
		if took := time.Since(begun); took < time.Second || took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestModelBlamesItsClient(t *testing.T) {
	plain, pipelining := lab.Habits{}, lab.Habits{Pipelining: true}
	many := []string{"EHLO me", "MAIL FROM:<>"}
	for range 101 {
		many = append(many, "RCPT TO:<john@example.com>")
	}
	for _, c := range []struct {
		want  string
		h     lab.Habits
		b     lab.Bounds
		lines []string
	}{
		{"3 unknown recipients, where 2 are allowed", plain, lab.Bounds{Rejections: 2}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<x@example.com>", "RCPT TO:<y@example.com>", "RCPT TO:<z@example.com>", "QUIT"}},
		{"RCPT z@example.com after 2 unknown recipients", pipelining, lab.Bounds{RetireAt: 2}, []string{"EHLO me", "MAIL FROM:<> ", "RCPT TO:<x@example.com> ", "RCPT TO:<y@example.com>", "RCPT TO:<z@example.com>", "QUIT"}},
		{"", pipelining, lab.Bounds{RetireAt: 2}, []string{"EHLO me", "MAIL FROM:<> ", "RCPT TO:<x@example.com> ", "RCPT TO:<y@example.com> ", "RCPT TO:<z@example.com>", "QUIT"}},
		{"RCPT ahead of the reply to MAIL without PIPELINING", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<> ", "RCPT TO:<x@example.com>", "QUIT"}},
		{"MAIL ahead of the reply to EHLO, which must be the last", pipelining, lab.Bounds{}, []string{"EHLO me ", "MAIL FROM:<>", "QUIT"}},
		{"NOOP ahead of the reply to HELO without PIPELINING", pipelining, lab.Bounds{}, []string{"HELO me ", "NOOP", "QUIT"}},
		{"NOOP behind QUIT", pipelining, lab.Bounds{}, []string{"EHLO me", "QUIT ", "NOOP"}},
		{"MAIL before EHLO", plain, lab.Bounds{}, []string{"MAIL FROM:<>", "QUIT"}},
		{"MAIL within a transaction", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "MAIL FROM:<>", "QUIT"}},
		{"MAIL FROM:<me@example.net> instead of the null sender", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<me@example.net>", "QUIT"}},
		{"MAIL with SIZE=1, which was not announced", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<> SIZE=1", "QUIT"}},
		{"MAIL with SMTPUTF8, which was not announced", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<> SMTPUTF8", "QUIT"}},
		{"without SMTPUTF8 announced", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<jürgen@example.com>", "QUIT"}},
		{"RCPT jürgen@example.com without MAIL's SMTPUTF8", lab.Habits{SMTPUTF8: true}, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<jürgen@example.com>", "QUIT"}},
		{"RCPT john@example.com outside a transaction", plain, lab.Bounds{}, []string{"EHLO me", "RCPT TO:<john@example.com>", "QUIT"}},
		{"RCPT john@example.com outside a transaction", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RSET", "RCPT TO:<john@example.com>", "QUIT"}},
		{"RCPT john@example.com outside a transaction", lab.Habits{RefusesMail: 1}, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<john@example.com>", "QUIT"}},
		{"", lab.Habits{RefusesMail: 1, Pipelining: true}, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<> ", "RCPT TO:<john@example.com>", "QUIT"}},
		{"RCPT TO:<x> is no recipient", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<x>", "QUIT"}},
		{"example.com and example.org in one transaction", plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<john@example.com>", "RCPT TO:<john@example.org>", "QUIT"}},
		{"more than 100 recipients", plain, lab.Bounds{}, append(many, "QUIT")},
		{"", plain, lab.Bounds{}, append(many[:102:102], "QUIT")},
		{`the client said "DATA"`, plain, lab.Bounds{}, []string{"EHLO me", "MAIL FROM:<>", "RCPT TO:<john@example.com>", "DATA", "QUIT"}},
		{"left without QUIT", plain, lab.Bounds{}, []string{"EHLO me", "RSET"}},
	} {
		t.Run(c.want, func(t *testing.T) {
			model(t, c.h, c.b, c.want, func(t *testing.T, m *lab.Model) { talk(t, m, c.lines...) })
		})
	}
	t.Run("early", func(t *testing.T) {
		model(t, lab.Habits{Delay: time.Second}, lab.Bounds{}, "EHLO before the greeting", func(t *testing.T, m *lab.Model) {
			conn, err := m.Dial(t.Context(), netip.Addr{}, mx)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, "EHLO me\r\n")
			conn.Close()
		})
	})
	t.Run("not for leaving while a reply is due", func(t *testing.T) {
		model(t, lab.Habits{RejectionDelay: time.Hour}, lab.Bounds{}, "", func(t *testing.T, m *lab.Model) {
			talk(t, m, "EHLO me", "MAIL FROM:<>", "RCPT TO:<x@example.com>")
		})
	})
	t.Run("sessions", func(t *testing.T) {
		model(t, plain, lab.Bounds{Sessions: 2}, "session 3: 3 sessions at once, where 2 are allowed", func(t *testing.T, m *lab.Model) {
			for range 3 {
				a := asks(t, m)
				defer a.Close()
				a.say("QUIT")
			}
		})
	})
}

// Whatever the habits, a client that goes by the rules has true answers and is to blame for nothing.
func TestModelTakesAGoodClient(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			h := lab.RandomHabits(seed, domains)
			m := lab.NewModel(h, lab.Bounds{Sessions: 1, Rejections: 1, RetireAt: 1}, seed)
			answers := 0
			for _, who := range []string{"john@example.com", "x@example.com", "x@example.org"} {
				r, _ := address.Parse(who)
				accepted, rejected := m.Truth(r)
				code := carefully(t, m, r)
				if code == 250 && !accepted || code == 550 && !rejected {
					t.Errorf("seed %d: %s: %d", seed, who, code)
				}
				if code == 250 || code == 550 {
					answers++
				}
			}
			if err := m.Finish(); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			if h.Sound() && (h.Rejections.N != 1 || h.Rejections.Behind) && answers != 3 {
				t.Errorf("seed %d: %d answers of 3 though nothing is left to chance: %+v", seed, answers, h)
			}
		})
	}
}

// carefully asks for a recipient in a session of its own, one command at a time, and returns the code of its RCPT,
// 0 where it has none.
func carefully(t *testing.T, m *lab.Model, r address.Recipient) (code int) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := m.Dial(ctx, netip.Addr{}, mx)
	if err != nil {
		return 0
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	reader := smtpwire.NewReader(conn)
	reply, err := reader.ReadReply()
	for _, line := range []string{"EHLO me", "HELO me", "MAIL FROM:<>", "RCPT TO:<" + r.String() + ">", "QUIT"} {
		switch {
		case err != nil || reply.Code == 421 || line == "HELO me" && reply.Code == 250:
			continue
		case line != "QUIT" && line != "HELO me" && reply.Class() != 2:
			continue
		}
		io.WriteString(conn, line+"\r\n")
		reply, err = reader.ReadReply()
		if err == nil && line[0] == 'R' {
			code = reply.Code
		}
	}
	return code
}
