package callout

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// poolsWith returns Pools of which n hosts are known, each by a name of its own, and the first two by one that they share.
func poolsWith(n int) *Pools {
	ps := NewPools(Options{})
	for i := range n {
		h := ps.host(fmt.Sprintf("192.0.%d.%d:25", i/250, i%250))
		f := flavour{mailFrom: "<>"}
		h.pool(f, fmt.Sprintf("mx%d.example.com:25", i))
		if i < 2 {
			h.pool(f, "mx.example.com:25")
		}
		h.learned[Several] = Learned{Address: h.address, Limit: Several, N: 2}
	}
	return ps
}

func TestStatusOfSomeIsThatOfAll(t *testing.T) {
	ps := poolsWith(10)
	defer ps.Close(t.Context())
	all := ps.Status()
	for _, want := range all {
		if got, ok := ps.HostStatus(want.Address); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", want.Address, got, ok, want)
		}
		i := slices.IndexFunc(all, func(h HostStatus) bool { return h.Address == want.Address })
		if got := ps.StatusOf(fmt.Sprintf("mx%d.example.com:25", i)); !reflect.DeepEqual(got, all[i:i+1]) {
			t.Errorf("host %d by its name: %+v", i, got)
		}
	}
	if got := ps.StatusOf("mx.example.com:25", "mx1.example.com:25"); !reflect.DeepEqual(got, all[:2]) {
		t.Errorf("by a name that two share: %+v", got)
	}
	if _, ok := ps.HostStatus("192.0.2.1:25"); ok || len(ps.StatusOf("mx10.example.com:25")) > 0 || len(ps.StatusOf()) > 0 {
		t.Error("something is known of what was never asked")
	}
}

// BenchmarkStatus is what it takes to see how hosts stand of 5,000: all of them, those of one domain, and one.
func BenchmarkStatus(b *testing.B) {
	ps := poolsWith(5000)
	defer ps.Close(b.Context())
	for _, bench := range []struct {
		name string
		look func()
	}{
		{"all", func() { ps.Status() }},
		{"domain", func() { ps.StatusOf("mx4000.example.com:25", "mx4001.example.com:25") }},
		{"host", func() { ps.HostStatus("192.0.16.0:25") }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.look()
			}
		})
	}
}
