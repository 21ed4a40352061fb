package lab_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"callout/internal/lab"
)

// looked puts what the lookups of a name say in words.
func looked(ctx context.Context, n *lab.Network, name string) (hosts, mx string) {
	addrs, err := n.LookupHost(ctx, name)
	hosts = strings.Join(append(addrs, words(err)...), " ")
	records, err := n.LookupMX(ctx, name)
	for _, r := range records {
		mx += r.Host + " "
	}
	return hosts, strings.TrimSpace(mx + strings.Join(words(err), " "))
}

func words(err error) (all []string) {
	var dns *net.DNSError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &dns):
		return []string{err.Error()}
	}
	for word, is := range map[string]bool{"not found": dns.IsNotFound, "temporary": dns.IsTemporary, "timeout": dns.IsTimeout} {
		if is {
			all = append(all, word)
		}
	}
	slices.Sort(all)
	return all
}

func TestDNS(t *testing.T) {
	play(t, "", "", func(t *testing.T, n *lab.Network) {
		for _, c := range []struct{ line, name, hosts, mx string }{
			{"", "mx1.example.com", "mx1.example.com", "not found"},
			{"", "", "not found", "not found"},
			{"mx1.example.com 192.0.2.1 2001:db8::1", "MX1.example.com.", "192.0.2.1 2001:db8::1", "not found"},
			{"mx1.example.com none", "mx1.example.com", "not found", "not found"},
			{"mx example.com 20 mx2.example.com, 10 mx1.example.com", "example.com", "example.com", "mx1.example.com. mx2.example.com."},
			{"mx example.com .", "example.com", "example.com", "."},
			{"mx example.com none", "example.com", "example.com", "not found"},
			{"fails", "example.com", "temporary", "temporary"},
			{"", "192.0.2.1", "192.0.2.1", "temporary"},
			{"works", "example.com", "example.com", "not found"},
			{"hangs", "example.com", "timeout", "timeout"},
		} {
			if c.line != "" {
				if err := n.DNS(c.line); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			hosts, mx := looked(ctx, n, c.name)
			cancel()
			if hosts != c.hosts || mx != c.mx {
				t.Errorf("after %q, %s: hosts %q, mx %q; want %q, %q", c.line, c.name, hosts, mx, c.hosts, c.mx)
			}
		}
	})
}
