package callout_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"callout/internal/callout"
	"callout/internal/lab"
	"callout/internal/lab/labtest"
)

// Every file of testdata is a dialogue that shows a rule, named for it. Besides those of labtest its steps are
//
//	> ask john@example.com [probe] [renewing] [avoiding HOST] at mx1.example.com:25,mx2.example.com:25 mx3.example.com
//	< accepted|rejected|unknown [provisionally] [kind] at stage of host [after time][: reply][; probe outcome [sufficed]]
//	> renewal
//	< accepted|rejected|unknown [provisionally] at host [after time] (or: not asked)
//	> status HOST ...
//	< state [for time], at most N sessions[: what was learned and its number, ...]
//	> learned HOST             (a line for each thing that was learned, with the reply that it was learned from)
//	> forget HOST
//	< the addresses that were found
//	> link mx1.example.com:25,mx2.example.com:25 mx3.example.com
//	< open with host at address[ within TLS][ after time]: its extensions (or: the problem)
//	> hello                     (over the last link)
//	< its extensions (or: the reply)
//	> part                      (the last link)
//	> followed                  (the lines of all links since the last time)
//	> hosts mx:example.com mx3.example.com
//	< the hosts of the first priority / those of the next[; problem ...]
//	> restart                  (what was learned is all that is left)
//	> set pipelining off       (a setting of the questions that follow)
//	> order 2 1                (the next order of two hosts that is drawn)
//	> own 192.0.2.9:25         (Callout listens there itself)
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, network: n, settings: callout.DefaultSettings(), learned: make(map[string]callout.Learned), renewals: make(chan string, 100)}
		p.settings.Hostname = "filter.example.net"
		p.start()
		return p
	})
}

type player struct {
	t        *testing.T
	network  *lab.Network
	pools    *callout.Pools
	settings callout.Settings
	link     *callout.Link
	lines    []string    // of the dialogues of links
	renewals chan string // what became of them
	pending  int         // renewals that no step has told of

	mu      sync.Mutex // guards the fields below, which Pools asks for
	order   []int      // that is drawn next, from 1
	own     []netip.AddrPort
	learned map[string]callout.Learned // what outlives a restart, by address and limit
}

func (p *player) start() {
	p.pools = callout.NewPools(callout.Options{
		Dial: p.network.Dial, Resolver: p.network, Roots: lab.Roots(), Shuffle: p.shuffle,
		Own: p.isOwn, Learned: p.remembered(), Remember: p.remember,
	})
}

// Stop implements labtest.Player.
func (p *player) Stop() {
	p.close()
	if p.pending != 0 {
		p.t.Errorf("%d renewals that the dialogue does not tell of", p.pending)
	}
	if len(p.renewals) > 0 {
		p.t.Errorf("a renewal was told of twice: %s", <-p.renewals)
	}
}

func (p *player) close() {
	if err := p.pools.Close(p.t.Context()); err != nil {
		p.t.Errorf("close: %v", err)
	}
}

// Question implements labtest.Player.
func (p *player) Question(text string) (func() string, error) {
	q, err := p.question(text)
	return func() string { return p.ask(q) }, err
}

// Tell implements labtest.Teller.
func (p *player) Tell(verb, rest string) (words string, told bool, err error) {
	switch verb {
	case "renewal":
		return p.renewal(), true, nil
	case "status":
		return p.status(strings.Fields(rest)), true, nil
	case "learned":
		return p.lessons(rest), true, nil
	case "link":
		words, err = p.openLink(rest)
		return words, true, err
	case "hello":
		return p.hello(), true, nil
	case "followed":
		defer func() { p.lines = nil }()
		return strings.Join(p.lines, " | "), true, nil
	case "hosts":
		words, err = p.hosts(rest)
		return words, true, err
	case "forget":
		return p.forget(rest), true, nil
	}
	return "", false, nil
}

// Do implements labtest.Player.
func (p *player) Do(verb, rest string) error {
	switch verb {
	case "set":
		return p.set(rest)
	case "order":
		return p.setOrder(rest)
	case "own":
		return p.addOwn(rest)
	case "part":
		return p.part()
	case "restart":
		p.close()
		p.start()
		return nil
	}
	return fmt.Errorf("unknown step %q", verb)
}
