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

// Teller is a Player with steps of its own that have a result.
type Teller interface {
	// Tell does a step and returns its result in words; told is false where it is none of these.
	Tell(verb, rest string) (words string, told bool, err error)
}

// Run plays every script that matches a pattern. start makes a Player whose connections go to the network. Steps
// that every player has are
//
//	> ask …      or "> rcpt …": a question; its answer must be what "< " says
//	> ask … &    does not wait for the answer, but until all that can happen at this moment has happened
//	> answers    waits for all of those, in their order; each has a "< " of its own
//	> together   the network stands still while the questions behind it come, which end with " &": all are there,
//	             in their order, before the first of them is dealt with; any other step lets it move on
//	> wait 5s
//
// Lines that begin with "dns " change what the network's LookupHost and LookupMX say.
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
				p := &play{player: start(t, network), network: network}
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
	network *lab.Network
	pending []chan string // answers that were not waited for
}

func (p *play) do(step string) (string, error) {
	verb, rest, _ := strings.Cut(step, " ")
	rest, background := strings.CutSuffix(rest, " &")
	if !background {
		p.network.Release()
	}
	switch verb {
	case "ask", "rcpt":
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
	case "together":
		p.network.Hold()
		return "", nil
	case "dns":
		return "", p.network.DNS(rest)
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		synctest.Wait()
		return "", err
	}
	if t, ok := p.player.(Teller); ok {
		if words, told, err := t.Tell(verb, rest); told {
			return words, err
		}
	}
	return "", p.player.Do(verb, rest)
}
