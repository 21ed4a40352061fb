package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"callout/internal/store"
	"callout/internal/store/sqlite"
)

const (
	million       = 1_000_000
	millionDomain = "customer.example.com" // that many verdicts, of which each tenth is valid
	beside        = 100_000
	besideDomain  = "beside.example.com" // likewise
	fillBatch     = 20_000
)

// millionDatabase makes a database with a domain of a million verdicts, and another of 100,000.
func millionDatabase(b *testing.B) database {
	b.Helper()
	return newDatabase(b, func(s *sqlite.Store) {
		fillDomain(b, s, besideDomain, beside)
		fillDomain(b, s, millionDomain, million)
	})
}

func fillDomain(b *testing.B, s *sqlite.Store, domain string, n int) {
	b.Helper()
	asked := time.Now()
	batch := make([]store.Verdict, 0, fillBatch)
	for i := range n {
		v := store.Verdict{
			Domain: domain, Local: storedLocal(i), Status: store.Invalid, Asked: asked, Expires: asked.Add(2 * time.Hour),
			Code: 550, Enhanced: "5.1.1", Host: "mx1.customer.example.com:25",
			Text: "<" + storedLocal(i) + "@" + domain + ">: Recipient address rejected: User unknown",
		}
		if i%10 == 0 {
			v.Status, v.Expires, v.Code, v.Enhanced, v.Text = store.Valid, asked.Add(96*time.Hour), 250, "2.1.5", "Ok"
		}
		if batch = append(batch, v); len(batch) < cap(batch) && i < n-1 {
			continue
		}
		if err := s.Write(context.Background(), store.Batch{Verdicts: batch}); err != nil {
			b.Fatal(err)
		}
		batch = batch[:0]
	}
}

func storedLocal(i int) string { return fmt.Sprintf("user.%07d", i) }

// besideRecipient is the n-th of those that exist in the domain beside, of which some are asked for.
func besideRecipient(n int64) string { return storedLocal(int(n%knownUsers)*10) + "@" + besideDomain }

// startMillion starts Callout on a copy of such a database.
func startMillion(b *testing.B, begin database) *console {
	b.Helper()
	mailboxes := make([]string, knownUsers)
	for i := range mailboxes {
		mailboxes[i] = storedLocal(i * 10)
	}
	destination := startMailboxes(b, mailboxes, millionDomain, besideDomain)
	return startConsole(b, begin, destination, millionDomain, besideDomain)
}
