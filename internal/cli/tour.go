package cli

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"callout/internal/address"
	"callout/internal/lab"
	"callout/internal/verify"
)

// tour asks a handful of questions and shows what comes of them.
type tour struct {
	a           *app
	server      *server
	destination *lab.Destination
	at          demoAddresses
	password    string // of demoAdmin
}

// stop is one question of the tour.
type stop struct{ recipient, shows string }

var stops = []stop{
	{"john@" + demoDomain, "a mailbox that exists; a random address goes in front, once per domain"},
	{"john@" + demoDomain, "again: the answer is kept for 96 h, the destination is left alone"},
	{"nobody@" + demoDomain, "a mailbox that does not exist"},
	{"nobody@" + demoDomain, "again: kept for 2 h"},
	{"JANE@" + demoDomain, "another mailbox, on the session that is still open"},
	{"anyone@" + demoCatchAll, "a domain that accepts everything, which the random address finds out"},
	{"someone.else@" + demoCatchAll, "so its other addresses need no callout"},
	{"john@" + demoSlow, "a destination that takes 1.5 s for each recipient"},
	{"user@elsewhere.example", "a domain that is not served: no opinion"},
	{"bad\tname@" + demoDomain, "what is no address is refused and never asked"},
}

// run goes through the front ends one after the other.
func (t *tour) run(ctx context.Context) error {
	if err := t.policy(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	return t.gateway(ctx)
}

// policy asks the policy front end, and shows what it says and why.
func (t *tour) policy(ctx context.Context) error {
	out := t.a.out
	fmt.Fprintf(out, "A destination with a few mailboxes listens on %s, Callout's policy front end on %s.\n", t.at.destination, t.at.policy)
	fmt.Fprintf(out, "Each question below goes through the policy protocol, as Postfix would ask it at RCPT TO.\n\n")
	conn, err := net.DialTimeout("tcp", t.at.policy, 5*time.Second)
	if err != nil {
		return fmt.Errorf("demo: asking the policy front end: %w", err)
	}
	defer conn.Close()
	br := bufio.NewReader(conn)
	hits := 0
	for _, s := range stops {
		if ctx.Err() != nil {
			return nil
		}
		before := t.destination.Recipients.Load()
		began := time.Now()
		action, err := askPolicy(conn, br, s.recipient)
		if err != nil {
			return fmt.Errorf("demo: asking the policy front end: %w", err)
		}
		took := time.Since(began)
		asked := t.destination.Recipients.Load() - before
		why, cached := t.why(ctx, s.recipient, asked)
		if cached {
			hits++
		}
		fmt.Fprintf(out, "%s  (%s)\n", strings.Trim(strconv.Quote(s.recipient), `"`), s.shows)
		fmt.Fprintf(out, "    answer    %s\n    because   %s\n    callouts  %s, %s\n\n",
			action, why, rcpts(asked), took.Round(10*time.Microsecond))
	}
	fmt.Fprintf(out, "%d questions: %s sent to the destination in %s, %d answers from the cache.\n",
		len(stops), rcpts(t.destination.Recipients.Load()), count(int(t.destination.Connections.Load()), "connection"), hits)
	return nil
}

func rcpts(n int64) string { return count(int(n), "RCPT TO") }

// askPolicy asks one question over the policy protocol and returns the action.
func askPolicy(conn net.Conn, br *bufio.Reader, recipient string) (string, error) {
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, err := fmt.Fprintf(conn, "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=sender@example.org\nrecipient=%s\nclient_address=192.0.2.1\n\n", recipient)
	if err != nil {
		return "", err
	}
	action, err := br.ReadString('\n')
	if err != nil {
		return "", err
	}
	_, err = br.ReadString('\n')
	return strings.TrimSpace(strings.TrimPrefix(action, "action=")), err
}

// why says what is known of a recipient after it was asked about, and whether that was known before.
func (t *tour) why(ctx context.Context, recipient string, asked int64) (string, bool) {
	r, err := address.Unquoted(recipient)
	if err != nil {
		return clean(err.Error()), false
	}
	if t.server.domains.Lookup(r.Domain()) == nil {
		return "no domain " + r.Domain() + " is served here", false
	}
	v, ok, err := t.server.verifier.Peek(ctx, r)
	if err != nil || !ok {
		return "nothing is known", false
	}
	from := "just asked"
	if asked == 0 {
		from = "from the cache"
	}
	what := "accepted"
	switch {
	case v.CatchAll:
		what = "its domain accepts every recipient"
	case v.Status == verify.Invalid:
		what = "refused"
	}
	return fmt.Sprintf("%s, %s: %s said %s", what, from, v.Host, clean(v.Reply.String())), asked == 0
}

// whatNext prints what to try while the demo stays up.
func (t *tour) whatNext(dir string) {
	host, port, _ := net.SplitHostPort(t.at.policy)
	fmt.Fprintf(t.a.out, `
The demo stays up; Ctrl-C ends it. See all of it in a browser:

  http://%[4]s/      user %[7]s, password %[8]s

In another terminal, try (swaks and nc are in Debian's packages swaks and netcat-openbsd)

  bin/callout check john@example.com nobody@example.com --to %[1]s
      one live callout each, with its dialogue
  swaks --server %[1]s --from '<>' --to nobody@example.com --quit-after RCPT
      what the destination itself says
  printf 'request=smtpd_access_policy\nprotocol_state=RCPT\nrecipient=jane@example.com\n\n' | nc -q1 %[2]s %[3]s
      what Postfix asks, and what it is told
  swaks --server %[6]s --from sender@example.org --to jane@example.com,nobody@example.com
      a message through the gateway: one recipient is delivered to, the other refused
  bin/callout cache list --domain example.com -c %[5]s/callout.toml
  bin/callout cache clear --recipient nobody@example.com -c %[5]s/callout.toml
      what is kept, and how to forget it
  bin/callout token create --label demo --role admin --write -c %[5]s/callout.toml
      a token for the API, which is described at http://%[4]s/api/docs
  curl -s http://%[4]s/metrics | grep ^callout_
`, t.at.destination, host, port, t.at.http, dir, t.at.gateway, demoAdmin, t.password)
}
