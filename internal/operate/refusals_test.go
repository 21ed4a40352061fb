package operate

import (
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/access"
)

// One person's refusals can't fill the audit log, and take nothing from others.
func TestRefusalsOfOneAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r refusals
		taken := func(who *access.Actor, n int) (all int) {
			for range n {
				if r.take(who) {
					all++
				}
			}
			return all
		}
		mallory, alice := &access.Actor{Name: "mallory"}, &access.Actor{Name: "alice"}
		if n := taken(mallory, 1000); n != refusalsAtOnce {
			t.Errorf("%d of mallory's first 1000", n)
		}
		if n := taken(alice, 10); n != 10 {
			t.Errorf("%d of alice's first 10", n)
		}
		time.Sleep(5 * time.Second)
		if n := taken(mallory, 1000); n != 5*refusalsASecond {
			t.Errorf("%d of mallory's after 5 s", n)
		}
	})
}
