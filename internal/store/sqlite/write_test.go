package sqlite

import (
	"os"
	"testing"
	"time"

	"callout/internal/store"
)

// Rows that nothing will ever find are not stored: those of a passed generation, and those of one that was
// never given, which could come to be current.
func TestWriteLeavesOutOtherGenerations(t *testing.T) {
	s := opened(t)
	if _, err := s.ClearDomain(t.Context(), "a.example"); err != nil {
		t.Fatal(err)
	}
	for _, g := range []uint64{0, 2, 1 << 63, 1<<64 - 1} {
		v := verdicts(1, time.Now())
		v[0].Generation = g
		facts := []store.DomainFact{{Domain: "a.example", Generation: g}}
		if err := s.Write(t.Context(), store.Batch{Verdicts: v, Facts: facts}); err != nil {
			t.Error(err)
		}
	}
	if n := number(t, s, "SELECT (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM facts)"); n != 0 {
		t.Errorf("%d rows are stored", n)
	}
}

// Nor are those of an epoch that is not the domain's, but for valid verdicts of an older one.
func TestWriteLeavesOutOtherEpochs(t *testing.T) {
	s := opened(t)
	for _, asked := range []string{"one", "two"} {
		if _, err := s.SetAsked(t.Context(), map[string]string{"a.example": asked}); err != nil {
			t.Fatal(err)
		}
	}
	for _, epoch := range []uint64{0, 2, 1 << 63, 1<<64 - 1} {
		v := append(verdicts(1, time.Now()), verdicts(1, time.Now())...)
		v[0].Epoch, v[1].Epoch = epoch, epoch
		v[1].Local, v[1].Status = "invalid", store.Invalid
		facts := []store.DomainFact{{Domain: "a.example", Epoch: epoch}}
		if err := s.Write(t.Context(), store.Batch{Verdicts: v, Facts: facts}); err != nil {
			t.Error(err)
		}
	}
	if n := number(t, s, "SELECT (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM facts)"); n != 1 {
		t.Errorf("%d rows are stored, want the valid one of epoch 0", n)
	}
}

// What is forgotten of a host is gone at once, not when it is purged.
func TestWriteDeletesHostFacts(t *testing.T) {
	s := opened(t)
	for _, expires := range []time.Time{time.Now().Add(time.Hour), {}} {
		h := []store.HostFact{{Host: "192.0.2.1:25", Kind: "resets", Expires: expires}}
		if err := s.Write(t.Context(), store.Batch{Hosts: h}); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM host_facts"); n != 0 {
		t.Errorf("%d rows are stored", n)
	}
}

// Setting what is asked already, as every start does for all domains, writes nothing.
func TestSetAskedAgainWritesNothing(t *testing.T) {
	s := opened(t)
	asked := map[string]string{"a.example": "one", "b.example": "two"}
	wal := func() int64 {
		t.Helper()
		if _, err := s.SetAsked(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(s.path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := wal()
	if after := wal(); after != before {
		t.Errorf("the WAL grows from %d to %d octets", before, after)
	}
}

// Who asks for ever new spellings of one address does not fill the table.
func TestWriteBoundsSpellings(t *testing.T) {
	s := opened(t)
	for i := range 200 {
		local := []byte("postmaster")
		for bit := range local {
			if i>>bit&1 == 1 {
				local[bit] -= 'a' - 'A'
			}
		}
		v := store.Verdict{Domain: "a.example", Local: string(local), Status: store.Invalid}
		if err := s.Write(t.Context(), store.Batch{Verdicts: []store.Verdict{v}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM verdicts"); n > store.MaxSpellings+1 {
		t.Errorf("%d spellings are stored", n)
	}
}
