package verify_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/lab"
	"callout/internal/lab/labtest"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// Every file of testdata is a dialogue that shows a rule of verdicts, named for it. Besides those of labtest its
// steps are
//
//	> domain example.com at mx1.example.com:25 mx2.example.com:25
//	> set invalid_ttl 4h           (a setting of the domain)
//	> rcpt john@example.com        (within 1s: the caller gives up)
//	< accept|reject|defer|no opinion [code text] (reason, source) [after time]
//	> clear john@example.com | example.com | everything
//	> stored john@example.com valid 1h from now
//	> restart
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, dial: n.Dial, path: filepath.Join(t.TempDir(), "callout.db"), settings: domains.DefaultSettings()}
		p.settings.Callout.Hostname = "filter.example.net"
		p.start()
		return p
	})
}

// player is a whole verifier with a real store, and the domain of a script.
type player struct {
	t        *testing.T
	dial     callout.DialFunc
	path     string
	settings domains.Settings
	domain   *domains.Domain

	store    *sqlite.Store
	behind   *store.Behind
	pools    *callout.Pools
	registry *domains.Registry
	verifier *verify.Verifier
}

func (p *player) start() {
	ctx := context.Background()
	var err error
	if p.store, err = sqlite.Open(ctx, p.path); err != nil {
		p.t.Fatal(err)
	}
	p.behind = store.NewBehind(p.store, store.BehindOptions{})
	if p.registry, err = domains.New(ctx, p.store, nil, nil); err != nil {
		p.t.Fatal(err)
	}
	p.pools = callout.NewPools(callout.Options{Dial: p.dial})
	p.verifier, err = verify.New(ctx, verify.Options{
		Domains: p.registry, Asker: p.pools, Store: p.store, Behind: p.behind, MaxEntries: 1000,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.serve()
}

// Stop ends everything that was started.
func (p *player) Stop() {
	ctx := context.Background()
	p.verifier.Close(ctx)
	if err := p.pools.Close(ctx); err != nil {
		p.t.Error(err)
	}
	if err := p.behind.Close(ctx); err != nil {
		p.t.Error(err)
	}
	if err := p.store.Close(); err != nil {
		p.t.Error(err)
	}
}

// serve has the domain served with the settings of the moment.
func (p *player) serve() {
	if p.domain == nil {
		return
	}
	d := *p.domain
	d.Settings = p.settings
	if _, err := p.registry.Reload([]*domains.Domain{&d}, nil); err != nil {
		p.t.Fatal(err)
	}
}

func (p *player) Do(verb, rest string) error {
	switch verb {
	case "domain":
		return p.addDomain(rest)
	case "set":
		err := p.set(rest)
		p.serve()
		return err
	case "clear":
		return p.clear(rest)
	case "restart":
		p.Stop()
		p.start()
		return nil
	case "stored":
		return p.put(rest)
	}
	return fmt.Errorf("unknown step %q", verb)
}

func (p *player) addDomain(text string) error {
	name, at, _ := strings.Cut(text, " at ")
	p.domain = &domains.Domain{Name: name}
	for host := range strings.SplitSeq(at, " ") {
		h, err := callout.ParseHost(host)
		if err != nil {
			return err
		}
		p.domain.Destination = append(p.domain.Destination, []callout.Host{h})
	}
	p.serve()
	return nil
}

func (p *player) set(what string) (err error) {
	key, value, _ := strings.Cut(what, " ")
	s := &p.settings
	switch key {
	case "catch_all_check":
		s.CatchAllCheck = value == "on"
	case "on_unknown":
		s.AcceptUnknown = value == "accept"
	case "reply_text":
		s.DestinationText = value == "destination"
	case "invalid_ttl":
		s.Cache.InvalidTTL, err = time.ParseDuration(value)
	case "answer_within":
		s.AnswerWithin, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("unknown setting %q", key)
	}
	return err
}

func (p *player) Question(text string) (func() string, error) {
	who, within, limited := strings.Cut(text, " within ")
	r, err := address.Parse(who)
	if err != nil {
		return nil, err
	}
	if !limited {
		return func() string { return p.ask(context.Background(), r) }, nil
	}
	d, err := time.ParseDuration(within)
	return func() string {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(d, cancel)
		return p.ask(ctx, r)
	}, err
}

// ask asks and puts the decision in words.
func (p *player) ask(ctx context.Context, r address.Recipient) string {
	start := time.Now()
	d := p.verifier.Decide(ctx, verify.Question{Recipient: r, Front: "test"})
	words := strings.ReplaceAll(d.Action.String(), "_", " ")
	if d.Action == verify.Reject || d.Action == verify.Defer {
		words += " " + string(d.AppendReply(nil))
	}
	words += fmt.Sprintf(" (%s, %s)", d.Reason, d.Source)
	if took := time.Since(start); took > 0 {
		words += " after " + took.String()
	}
	return words
}

func (p *player) clear(what string) error {
	ctx := context.Background()
	if what == "everything" {
		return p.verifier.ClearAll(ctx)
	}
	if r, err := address.Parse(what); err == nil {
		_, err := p.verifier.ClearRecipient(ctx, r.Domain(), r.Local())
		return err
	}
	return p.verifier.ClearDomain(ctx, what)
}

// put writes a verdict into the store that lies in the future.
func (p *player) put(text string) error {
	who, when, _ := strings.Cut(text, " valid ")
	d, err := time.ParseDuration(strings.TrimSuffix(when, " from now"))
	if err != nil {
		return err
	}
	r, err := address.Parse(who)
	if err != nil {
		return err
	}
	asked := time.Now().Add(d)
	row := store.Verdict{
		Domain: r.Domain(), Local: r.Local(), Status: store.Valid, Asked: asked, Expires: asked.Add(time.Hour), Code: 250, Text: "Ok", Host: "mx1.example.com:25",
	}
	return p.store.Write(context.Background(), []store.Verdict{row}, nil)
}
