package verify_test

import (
	"context"
	"fmt"
	"strconv"
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
	"callout/internal/store/sqlite/sqlitetest"
	"callout/internal/verify"
)

// Every file of testdata is a dialogue that shows a rule of verdicts, named for it. Besides those of labtest its
// steps are
//
//	> domain example.com at mx1.example.com:25,mx2.example.com:25 backup.example.com:25
//	> set invalid_ttl 4h           (a setting of the domain: see set)
//	> alias example.org | alias none
//	> listed john, info-* | listed none
//	> destinations mx3.example.com:25
//	> rcpt john@example.com        (within 1s: the caller gives up)
//	< accept|reject|defer|no opinion [code text] (reason, source[, provisional][, would reject 550 …]) [after time]
//	> clear john@example.com | example.com | everything
//	> pause example.com | everything [for 1h]
//	> resume example.com | everything
//	> ask alerts
//	< kind [domain], …             (or none)
//	> ask state example.com
//	< [provisional] catch-all|not a catch-all|unknown[, turned][, undecided for 10m0s][, paused [for 1h0m0s]][, not enforced]
//	> ask list example.com
//	< recipient valid|invalid, …   (or none)
//	> stored john@example.com valid 1h from now
//	> restart
func TestDialogues(t *testing.T) {
	labtest.Run(t, "testdata/*.txt", func(t *testing.T, n *lab.Network) labtest.Player {
		p := &player{t: t, network: n, path: sqlitetest.Path(t), settings: domains.DefaultSettings()}
		p.settings.Callout.Hostname = "filter.example.net"
		p.start()
		return p
	})
}

// player is a whole verifier with a real store, and the domain of a script.
type player struct {
	t        *testing.T
	network  *lab.Network
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
	p.behind = store.NewBehind(seldomPurged(p.store), store.BehindOptions{})
	if p.registry, err = domains.New(ctx, p.store, p.behind, p.served(), nil); err != nil {
		p.t.Fatal(err)
	}
	p.pools = callout.NewPools(callout.Options{Dial: p.network.Dial, Resolver: p.network, Shuffle: asWritten})
	p.verifier, err = verify.New(ctx, verify.Options{
		Domains: p.registry, Asker: p.pools, Store: p.store, Behind: p.behind, MaxEntries: 1000,
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// asWritten leaves hosts of equal priority in the order in which they are written.
func asWritten(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
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

// served returns the domain with the settings of the moment.
func (p *player) served() []*domains.Domain {
	if p.domain == nil {
		return nil
	}
	d := *p.domain
	d.Settings = p.settings
	return []*domains.Domain{&d}
}

// serve has the domain served with the settings of the moment.
func (p *player) serve() {
	removed, err := p.registry.Reload(context.Background(), p.served(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.verifier.Forget(removed)
}

func (p *player) Do(verb, rest string) (err error) {
	ctx := context.Background()
	switch verb {
	case "domain":
		name, at, _ := strings.Cut(rest, " at ")
		p.domain = &domains.Domain{Name: name}
		err = p.destinations(at)
	case "destinations":
		err = p.destinations(rest)
	case "set":
		err = p.set(rest)
	case "alias":
		p.domain.Aliases = nil
		if rest != "none" {
			p.domain.Aliases = []string{rest}
		}
	case "listed":
		var list []string
		if rest != "none" {
			list = strings.Split(rest, ", ")
		}
		_, err = p.registry.SetRecipients(ctx, p.domain.Name, list)
		return err
	case "clear":
		return p.clear(rest)
	case "pause":
		return p.pause(rest)
	case "resume":
		_, err = p.verifier.Resume(ctx, strings.TrimPrefix(rest, "everything"))
		return err
	case "stored":
		return p.put(rest)
	case "restart":
		p.Stop()
		p.start()
		return nil
	default:
		return fmt.Errorf("unknown step %q", verb)
	}
	p.serve()
	return err
}

func (p *player) destinations(text string) error {
	p.domain.Destination = nil
	for group := range strings.SplitSeq(text, " ") {
		var hosts []callout.Host
		for name := range strings.SplitSeq(group, ",") {
			h, err := callout.ParseHost(name)
			if err != nil {
				return err
			}
			hosts = append(hosts, h)
		}
		p.domain.Destination = append(p.domain.Destination, hosts)
	}
	return nil
}

func (p *player) set(what string) (err error) {
	key, value, _ := strings.Cut(what, " ")
	s := &p.settings
	switch key {
	case "mode":
		p.domain.Mode = map[string]domains.Mode{
			"callout": domains.ModeCallout, "list": domains.ModeList, "list+callout": domains.ModeListCallout, "off": domains.ModeOff,
		}[value]
	case "enforce":
		s.Enforce = value == "on"
	case "catch_all_check":
		s.CatchAllCheck = value == "on"
	case "pipelining":
		s.Callout.Pipelining = value == "auto"
	case "recipients_per_transaction":
		s.Callout.RecipientsPerTransaction, err = strconv.Atoi(value)
	case "tls":
		s.Callout.TLS = map[string]callout.TLSMode{"require": callout.TLSRequire, "off": callout.TLSOff}[value]
	case "on_unknown":
		s.AcceptUnknown = value == "accept"
	case "reply_text":
		s.DestinationText = value == "destination"
	case "invalid_ttl":
		s.Cache.InvalidTTL, err = time.ParseDuration(value)
	case "stale_valid_for":
		s.Cache.StaleValidFor, err = time.ParseDuration(value)
	case "answer_within":
		s.AnswerWithin, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("unknown setting %q", key)
	}
	return err
}

func (p *player) Question(text string) (func() string, error) {
	switch verb, rest, _ := strings.Cut(text, " "); verb {
	case "alerts":
		return p.alerts, nil
	case "state":
		return func() string { return p.state(rest) }, nil
	case "list":
		return func() string { return p.list(rest) }, nil
	}
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
	words += fmt.Sprintf(" (%s, %s", d.Reason, d.Source)
	if d.Verdict.Provisional {
		words += ", provisional"
	}
	if d.Would != verify.NoOpinion {
		words += fmt.Sprintf(", would %s %s", d.Would, d.AppendReply(nil))
	}
	words += ")"
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
	return p.store.Write(context.Background(), store.Batch{Verdicts: []store.Verdict{row}})
}

func (p *player) pause(text string) error {
	domain, length, limited := strings.Cut(text, " for ")
	var until time.Time
	if limited {
		d, err := time.ParseDuration(length)
		if err != nil {
			return err
		}
		until = time.Now().Add(d)
	}
	return p.verifier.Pause(context.Background(), strings.TrimPrefix(domain, "everything"), until)
}

// orNone joins words.
func orNone(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func (p *player) alerts() string {
	var words []string
	for _, a := range p.verifier.Alerts() {
		words = append(words, strings.TrimSpace(a.Kind+" "+a.Domain))
	}
	return orNone(words)
}

// state puts in words how a domain stands.
func (p *player) state(name string) string {
	s, err := p.verifier.DomainStatus(context.Background(), p.registry.Lookup(name))
	if err != nil {
		return err.Error()
	}
	words := "unknown"
	if s.State != nil {
		words = "not a catch-all"
		if s.State.Accepts {
			words = "catch-all"
		}
		if s.State.Provisional {
			words = "provisional " + words
		}
		if s.State.Turned {
			words += ", turned"
		}
	}
	if !s.Undecided.IsZero() {
		words += ", undecided for " + time.Until(s.Undecided).String()
	}
	if s.Pause != nil {
		words += ", paused"
		if !s.Pause.Until.IsZero() {
			words += " for " + time.Until(s.Pause.Until).String()
		}
	}
	if !s.Enforce {
		words += ", not enforced"
	}
	return words
}

func (p *player) list(name string) string {
	page, err := p.verifier.List(context.Background(), p.registry.Lookup(name), store.Query{Limit: 100})
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, row := range page.Verdicts {
		words = append(words, fmt.Sprintf("%s@%s %s", row.Local, row.Domain, row.Status))
	}
	return orNone(words)
}
