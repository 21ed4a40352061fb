package callout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/lab"
)

// Every file of testdata is a dialogue that shows a rule, named for it. Its steps are
//
//	> ask john@example.com [probe] at mx1.example.com:25 mx2.example.com:25
//	< accepted|rejected|unknown [kind] at stage of host after time: reply [; probe outcome]
//	> wait 5s
//	> set pipelining off
//	> close
//
// "> ask … &" does not wait for the answer; "> answers" waits for all of those, in their order.
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

// play runs the steps of a script and checks their results.
func play(t *testing.T, file string, script *lab.Script) {
	network := lab.NewNetwork(script)
	p := &player{
		pools:    callout.NewPools(callout.Options{Dial: network.Dial}),
		settings: callout.DefaultSettings(),
	}
	p.settings.Hostname = "filter.example.net"
	for _, step := range script.Steps {
		got, err := p.do(step.Do)
		if err != nil {
			t.Fatalf("%s:%d: %v", file, step.Line, err)
		}
		if got != step.Want {
			t.Errorf("%s:%d: > %s\n got < %s\nwant < %s", file, step.Line, step.Do, got, step.Want)
		}
	}
	if err := p.pools.Close(t.Context()); err != nil {
		t.Errorf("%s: close: %v", file, err)
	}
	if err := network.Finish(); err != nil {
		t.Errorf("%s: %v", file, err)
	}
}

type player struct {
	pools    *callout.Pools
	settings callout.Settings
	pending  []chan string
}

func (p *player) do(step string) (string, error) {
	verb, rest, _ := strings.Cut(step, " ")
	switch verb {
	case "ask":
		rest, background := strings.CutSuffix(rest, " &")
		q, err := p.question(rest)
		if err != nil {
			return "", err
		}
		answer := make(chan string, 1)
		go func() { answer <- p.ask(q) }()
		if background {
			p.pending = append(p.pending, answer)
			synctest.Wait()
			return "", nil
		}
		return <-answer, nil
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
	case "set":
		return "", p.set(rest)
	}
	return "", fmt.Errorf("unknown step %q", step)
}

func (p *player) set(what string) error {
	key, value, _ := strings.Cut(what, " ")
	var err error
	switch key {
	case "pipelining":
		p.settings.Pipelining = value == "auto"
	case "max_sessions":
		_, err = fmt.Sscan(value, &p.settings.MaxSessions)
	case "deadline":
		p.settings.Deadline, err = time.ParseDuration(value)
	default:
		err = errors.New("unknown setting")
	}
	return err
}

func (p *player) question(text string) (callout.Question, error) {
	who, at, ok := strings.Cut(text, " at ")
	if !ok {
		return callout.Question{}, fmt.Errorf("no host in %q", text)
	}
	settings := p.settings
	q := callout.Question{Settings: &settings}
	who, probe := strings.CutSuffix(who, " probe")
	r, err := address.Parse(who)
	if err != nil {
		return q, err
	}
	q.Recipient = r
	if probe {
		q.Probe = callout.RandomRecipient("", r.Domain())
	}
	for group := range strings.SplitSeq(at, " ") {
		var hosts []callout.Host
		for name := range strings.SplitSeq(group, ",") {
			h, err := callout.ParseHost(name)
			if err != nil {
				return q, err
			}
			hosts = append(hosts, h)
		}
		q.Destination = append(q.Destination, hosts)
	}
	return q, nil
}

// ask asks and puts the answer in words.
func (p *player) ask(q callout.Question) string {
	start := time.Now()
	a := p.pools.Ask(context.Background(), q)
	took := time.Since(start)
	words := []string{a.Outcome.String()}
	if a.Problem != nil {
		words = append(words, a.Problem.Kind.String())
	}
	words = append(words, "at", a.Stage.String(), "of", strings.TrimSuffix(a.Host.Name, ".example.com"))
	if took > 0 {
		words = append(words, "after", took.String())
	}
	reply := a.Reply.String()
	if a.Problem != nil && !a.Problem.Reply.IsZero() {
		reply = a.Problem.Reply.String()
	}
	if reply != "" {
		words[len(words)-1] += ":"
		words = append(words, reply)
	}
	if a.Probe.Asked {
		words[len(words)-1] += ";"
		words = append(words, "probe", a.Probe.Outcome.String())
	}
	if a.ProbeSufficed {
		words = append(words, "sufficed")
	}
	return strings.Join(words, " ")
}
