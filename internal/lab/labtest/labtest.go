// Package labtest runs the dialogues of a folder as tests: each file is a script of package lab, named for the
// rule it shows, and plays in memory under fake time.
package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/lab"
)

// Player does the steps of a script that are its own.
type Player interface {
	// Question makes what "ask" or "rcpt" asks of the rest of the step; calling it asks, and returns the answer
	// in words. It is called once, perhaps from another goroutine.
	Question(text string) (ask func() string, err error)
	// Do does any other step.
	Do(verb, rest string) error
	// Stop ends everything that was started.
	Stop()
}

// Run plays every script that matches a pattern. start makes a Player whose connections go to the network. Steps
// that every player has are
//
//	> ask …      or "> rcpt …": a question; its answer must be what "< " says
//	> ask … &    does not wait for the answer
//	> answers    waits for all of those, in their order
//	> wait 5s
func Run(t *testing.T, pattern string, start func(t *testing.T, n *lab.Network) Player) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no dialogues in %s: %v", pattern, err)
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
			synctest.Test(t, func(t *testing.T) {
				network := lab.NewNetwork(script)
				p := &play{player: start(t, network)}
				for _, step := range script.Steps {
					got, err := p.do(step.Do)
					if err != nil {
						t.Fatalf("%s:%d: %v", file, step.Line, err)
					}
					if got != step.Want {
						t.Errorf("%s:%d: > %s\n got < %s\nwant < %s", file, step.Line, step.Do, got, step.Want)
					}
				}
				p.player.Stop()
				if err := network.Finish(); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			})
		})
	}
}

// play is a script that is being played.
type play struct {
	player  Player
	pending []chan string // answers that were not waited for
}

func (p *play) do(step string) (string, error) {
	verb, rest, _ := strings.Cut(step, " ")
	switch verb {
	case "ask", "rcpt":
		rest, background := strings.CutSuffix(rest, " &")
		ask, err := p.player.Question(rest)
		if err != nil {
			return "", err
		}
		answer := make(chan string, 1)
		go func() { answer <- ask() }()
		if !background {
			return <-answer, nil
		}
		p.pending = append(p.pending, answer)
		synctest.Wait()
		return "", nil
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
	}
	return "", p.player.Do(verb, rest)
}
