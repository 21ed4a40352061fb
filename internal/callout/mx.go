package callout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Expand returns the hosts of a destination as a question would come to them, by priority, the first first: with the hosts that
// MX records name in the place of mx:, and without those that RFC 5321 section 5.1 leaves out. A priority whose mx: leads
// nowhere has no hosts. The problems are those of such mx:, of DNS or since ctx has ended.
func (ps *Pools) Expand(ctx context.Context, d Destination, s *Settings) (groups [][]Host, problems []*Problem) {
	one := &search{ps: ps, q: &Question{Destination: d, Settings: s}, drawn: "to " + d.String()}
	for t := range one.tiers(ctx) {
		for len(groups) < t.priority {
			groups = append(groups, nil)
		}
		groups = append(groups, t.hosts)
	}
	return groups, one.nowhere
}

// tier is the hosts of one priority.
type tier struct {
	hosts      []Host
	priority   int
	othersLeft bool // there are others behind it
}

// tiers yields the hosts of the destination by their priority. What MX records name is looked up when its turn has come.
func (s *search) tiers(ctx context.Context) iter.Seq[tier] {
	return func(yield func(tier) bool) {
		left := len(s.q.Destination.Hosts())
		priority := 0
		for i, written := range s.q.Destination {
			groups := [][]Host{s.ordered(i, written)}
			left -= len(written)
			if hasMX(written) {
				groups = s.expand(ctx, groups[0])
			}
			for j, group := range groups {
				if hasMX(written) && s.leadsHere(ctx, written, group, j == 0) {
					break
				}
				if !yield(tier{group, priority, left > 0 || j < len(groups)-1}) {
					return
				}
				priority++
			}
			priority = max(priority, i+1) // whose MX records lead nowhere it had the priority all the same
		}
	}
}

func hasMX(group []Host) bool {
	return slices.ContainsFunc(group, func(h Host) bool { return h.Scheme == MX })
}

// writtenAs returns the names by which a host is one of the destination: its own, and where MX records led to it theirs too, so that
// who knows the destination finds it.
func (s *search) writtenAs(h Host) []string {
	names := []string{h.String()}
	for _, group := range s.q.Destination {
		for _, written := range group {
			if written == h {
				return names[:1]
			}
			if written.Scheme == MX {
				names = append(names, written.String())
			}
		}
	}
	return names
}

// expand puts the hosts that MX records name in the place of mx: (RFC 5321 section 5.1), as groups of equal
// preference. Hosts beside mx: are of its first priority.
func (s *search) expand(ctx context.Context, group []Host) [][]Host {
	var groups [][]Host
	for _, h := range group {
		if h.Scheme != MX {
			groups = addTo(groups, 0, h)
			continue
		}
		found, problem := s.mx(ctx, h)
		if problem != nil {
			s.lost(problem)
		}
		for i, equal := range found {
			groups = addTo(groups, i, equal...)
		}
	}
	return groups
}

func addTo(groups [][]Host, i int, hosts ...Host) [][]Host {
	if i == len(groups) {
		groups = append(groups, nil)
	}
	groups[i] = append(groups[i], hosts...)
	return groups
}

// mx returns the hosts of a domain in the order of their preference.
func (s *search) mx(ctx context.Context, h Host) ([][]Host, *Problem) {
	records, err := find(ctx, s.ps.dns, "mx:"+h.Name, func(ctx context.Context) ([]*net.MX, error) {
		return s.ps.dns.lookupMX(ctx, h.Name)
	})
	if err != nil {
		return nil, noHost(h, err)
	}
	if len(records) == 1 && strings.Trim(records[0].Host, ".") == "" {
		return nil, noHost(h, ErrNullMX)
	}
	s.ps.recovered(h.String())
	var groups [][]Host
	for _, equal := range byPreference(records) {
		hosts := make([]Host, 0, len(equal))
		for _, r := range equal {
			hosts = append(hosts, Host{Name: strings.ToLower(strings.TrimSuffix(r.Host, ".")), Port: h.Port})
		}
		groups = append(groups, s.shuffled(len(groups), hosts))
	}
	return groups, nil
}

// shuffled returns hosts of one preference in the order that is drawn for the domain.
func (s *search) shuffled(preference int, hosts []Host) []Host {
	const groupsOfMX = 1000 // apart from those of the configuration
	return s.ordered(groupsOfMX+preference, hosts)
}

// ErrNullMX is the error of a destination whose domain says of itself that it takes no mail.
var ErrNullMX = errors.New("it has a null MX record: it takes no mail (RFC 7505)")

// lookupMX returns the MX records of a domain, or one for the domain itself where there are none.
func (d *dns) lookupMX(ctx context.Context, domain string) ([]*net.MX, error) {
	records, err := d.resolver.LookupMX(ctx, domain)
	switch {
	case len(records) > 0: // an error beside them is about others that were left out
		return records[:min(len(records), maxMX)], nil
	case err == nil || notFound(err):
		return []*net.MX{{Host: domain}}, nil
	}
	return nil, err
}

// byPreference returns records in groups of equal preference, the most preferred first.
func byPreference(records []*net.MX) (groups [][]*net.MX) {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b *net.MX) int { return cmp.Compare(a.Pref, b.Pref) })
	for _, r := range records {
		if n := len(groups); n > 0 && groups[n-1][0].Pref == r.Pref {
			groups[n-1] = append(groups[n-1], r)
		} else {
			groups = append(groups, []*net.MX{r})
		}
	}
	return groups
}

// leadsHere reports whether we are one of the hosts of a preference: those, and all of lower priority, are left out,
// since they would hand the mail to us. It is asked when their turn has come, so that no question waits for the names
// of hosts that it does not need.
func (s *search) leadsHere(ctx context.Context, written, group []Host, first bool) bool {
	i := slices.IndexFunc(group, func(h Host) bool { return !slices.Contains(written, h) && s.isOurs(ctx, h) })
	if i < 0 {
		return false
	}
	if first {
		mx := written[slices.IndexFunc(written, func(h Host) bool { return h.Scheme == MX })]
		s.lost(&Problem{Kind: Loop, Stage: StageConnect, Host: mx, Err: fmt.Errorf("its first MX record names ourselves, %s", group[i].Name)})
	}
	return true
}

// lost notes a problem of a destination that leads to no host, so that it is seen.
func (s *search) lost(problem *Problem) {
	s.ps.host(problem.Host.String()).leadsNowhere(problem, problem.Host.String())
	s.q.note(problem.of())
	s.nowhere = append(s.nowhere, problem)
	a := failed(problem)
	s.keep(&a, 0)
}

// isOurs reports whether a host that MX records name is this machine, by its name or one of its addresses.
func (s *search) isOurs(ctx context.Context, h Host) bool {
	if strings.EqualFold(h.Name, s.q.Settings.Hostname) {
		return true
	}
	targets, _ := s.ps.dns.targets(ctx, h)
	return slices.ContainsFunc(targets, func(t target) bool {
		return t.ip.IsValid() && (s.ps.here(t.ip) || s.ps.own(netip.AddrPortFrom(t.ip, h.Port)))
	})
}
