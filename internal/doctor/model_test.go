package doctor_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/doctor"
	"callout/internal/lab"
)

// Whatever a host does, an examination ends in time, stays within its bounds and keeps its manners: the null sender, never
// DATA, nothing ahead without PIPELINING, QUIT at the end.
func TestExaminesModelsWithinBounds(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { examineModel(t, seed) })
		})
	}
}

func examineModel(t *testing.T, seed uint64) {
	habits := lab.RandomHabits(seed, map[string]lab.Domain{"example.com": {Mailboxes: []string{"john"}, CatchAll: seed%5 == 0}})
	model := lab.NewModel(habits, lab.Bounds{Sessions: 1, Rejections: doctor.MaxRefusals}, seed)
	h := callout.Host{Name: "mx1.example.com", Port: 25}
	c := doctor.Case{Domain: "example.com", Destination: callout.Destination{{h}}, Settings: callout.DefaultSettings()}
	c.Settings.Hostname = "filter.example.net"
	if seed%2 == 0 {
		c.Good = address.New("john", "example.com")
	}
	start := time.Now()
	r := doctor.Examine(context.Background(), c, doctor.Options{Dial: model.Dial, Resolver: lab.NewNetwork(&lab.Script{})})
	if err := model.Finish(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > doctor.MaxTime+5*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := model.Connections(); n > doctor.MaxConnections || n != r.Hosts[0].Connections {
		t.Errorf("%d connections, %d told", n, r.Hosts[0].Connections)
	}
	if r.Hosts[0].Recipients > doctor.MaxRecipients {
		t.Errorf("%d recipients", r.Hosts[0].Recipients)
	}
	if !habits.Sound() || habits.Rejections.N == 1 {
		return
	}
	var random doctor.Finding
	for _, f := range r.Hosts[0].Findings {
		if f.Check == doctor.Random {
			random = f
		}
	}
	if accepts := seed%5 == 0; accepts != (random.Level == doctor.Mend) || random.Check == "" {
		t.Errorf("a host without chance in it, accepts everything %v: %+v", accepts, r.Hosts[0].Findings)
	}
}
