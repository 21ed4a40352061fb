package verify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
	"callout/internal/lab"
	"callout/internal/store"
	"callout/internal/store/sqlite"
	"callout/internal/verify"
)

// Every file of testdata is a dialogue that shows a rule of verdicts, named for it. Its steps are
//
//	> domain example.com at mx1.example.com:25 mx2.example.com:25
//	> set invalid_ttl 4h           (a setting of the domain)
//	> rcpt john@example.com        (within 1s: the caller gives up)
//	< accept|reject|defer|no opinion [code text] (reason, source) [after time]
//	> rcpt … &                     (does not wait; "> answers" waits for all of those)
//	> clear john@example.com | example.com | everything
//	> stored john@example.com valid 1h from now
//	> restart
//	> wait 2h
func TestDialogues(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			script, err := lab.ParseScript(string(text))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			synctest.Test(t, func(t *testing.T) { play(t, file, script) })
		})
	}
}

func play(t *testing.T, file string, script *lab.Script) {
	network := lab.NewNetwork(script)
	p := &player{t: t, dial: network.Dial, path: filepath.Join(t.TempDir(), "callout.db"), settings: domains.DefaultSettings()}
	p.settings.Callout.Hostname = "filter.example.net"
	p.start()
	for _, step := range script.Steps {
		got, err := p.do(step.Do)
		if err != nil {
			t.Fatalf("%s:%d: %v", file, step.Line, err)
		}
		if got != step.Want {
			t.Errorf("%s:%d: > %s\n got < %s\nwant < %s", file, step.Line, step.Do, got, step.Want)
		}
	}
	p.stop()
	if err := network.Finish(); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

// player is a whole verifier with a real store, and the domain of a script.
type player struct {
	t        *testing.T
	dial     callout.DialFunc
	path     string
	settings domains.Settings
	domain   *domains.Domain
	pending  []chan string

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

func (p *player) stop() {
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

func (p *player) do(step string) (string, error) {
	verb, rest, _ := strings.Cut(step, " ")
	switch verb {
	case "domain":
		return "", p.addDomain(rest)
	case "set":
		err := p.set(rest)
		p.serve()
		return "", err
	case "rcpt":
		return p.rcpt(rest)
	case "answers":
		var all []string
		for _, answer := range p.pending {
			all = append(all, <-answer)
		}
		p.pending = nil
		return strings.Join(all, " | "), nil
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		synctest.Wait()
		return "", err
	case "clear":
		return "", p.clear(rest)
	case "restart":
		p.stop()
		p.start()
		return "", nil
	case "stored":
		return "", p.put(rest)
	}
	return "", fmt.Errorf("unknown step %q", step)
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

func (p *player) rcpt(text string) (string, error) {
	text, background := strings.CutSuffix(text, " &")
	who, within, limited := strings.Cut(text, " within ")
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		if !background {
			cancel()
		}
	}()
	if limited {
		d, err := time.ParseDuration(within)
		if err != nil {
			return "", err
		}
		time.AfterFunc(d, cancel)
	}
	r, err := address.Parse(who)
	if err != nil {
		return "", err
	}
	answer := make(chan string, 1)
	go func() { answer <- p.ask(ctx, r) }()
	if background {
		p.pending = append(p.pending, answer)
		synctest.Wait()
		return "", nil
	}
	return <-answer, nil
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
