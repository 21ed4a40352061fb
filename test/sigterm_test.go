package test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSigtermAnswersWhatWasAskedAndExits(t *testing.T) {
	tests := []struct {
		name    string
		release bool // the destination answers in the end
		want    string
	}{
		{"once a slow destination has answered", true, "DUNNO"},
		{"though the destination never answers", false, "451 4."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := startHeldServer(t)
			s := startServer(t, "[callout]\ncatch_all_check = false\n"+domain("held.test", h.addr))
			client := dialPolicy(t, s.policy)
			answer := make(chan string, 1)
			go func() {
				action, err := client.ask("john@held.test")
				if err != nil {
					action = err.Error()
				}
				answer <- action
			}()
			<-h.asked

			s.signal(t, syscall.SIGTERM)
			eventually(t, 5*time.Second, "the server takes no more connections", func() bool {
				return !listening("tcp", s.policy)
			})
			if test.release {
				close(h.released)
			}
			s.awaitEnd(t)
			if got := <-answer; !strings.HasPrefix(got, test.want) {
				t.Errorf("the question that was under way: %q, want %s", got, test.want)
			}
		})
	}
}
