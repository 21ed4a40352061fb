package sqlite

import (
	"context"
	"time"
)

// maxPurge is the most rows that one call deletes, whatever its limit: more would hold up the writer. Those that
// were cleared lie together; those that have expired lie all over, each on a page of its own, so that fewer take
// as long.
const (
	maxPurge   = 1000
	maxExpired = 250
)

const (
	firstGarbage  = `SELECT domain, below, done FROM garbage ORDER BY domain LIMIT 1`
	garbageDone   = `DELETE FROM garbage WHERE domain = ?`
	garbageDoneTo = `UPDATE garbage SET done = ? WHERE domain = ''`
	nextDomain    = `SELECT domain FROM verdicts WHERE domain > ? ORDER BY domain LIMIT 1`

	purgeCleared = `DELETE FROM verdicts WHERE (domain, gen, fold, spelling) IN
		(SELECT domain, gen, fold, spelling FROM verdicts WHERE domain = ? AND gen < ? LIMIT ?)`
	purgeExpired = `DELETE FROM verdicts WHERE (domain, gen, fold, spelling) IN
		(SELECT domain, gen, fold, spelling FROM verdicts WHERE expires <= ? ORDER BY expires LIMIT ?)`
	purgeExpiredFacts = `DELETE FROM facts WHERE domain IN
		(SELECT domain FROM facts WHERE expires <= ? ORDER BY expires LIMIT ?)`
	purgeExpiredHosts = `DELETE FROM host_facts WHERE (host, kind) IN
		(SELECT host, kind FROM host_facts WHERE expires <= ? ORDER BY expires LIMIT ?)`
	purgeFact  = `DELETE FROM facts WHERE domain = ? AND gen < ?`
	purgeFacts = `DELETE FROM facts WHERE domain IN (SELECT domain FROM facts WHERE gen < ? LIMIT ?)`
	// A clear of everything has made the older numbers of single domains void.
	purgeGenerations = `DELETE FROM generations WHERE domain <> '' AND domain IN
		(SELECT domain FROM generations WHERE gen < ? LIMIT ?)`
)

// Purge deletes rows that nothing can see any more, because they expired before now or were cleared: limit of
// them at most, and never more than 1,000, or 250 that have expired. Those of an epoch that has passed go when they
// expire. more says whether there may be others.
func (s *Store) Purge(ctx context.Context, now time.Time, limit int) (more bool, err error) {
	err = s.changing(ctx, "purge", func(ctx context.Context, c *conn) error {
		p := &purge{conn: c, left: min(max(limit, 1), maxPurge)}
		if err := p.cleared(ctx); err != nil {
			return err
		}
		p.left = min(p.left, maxExpired)
		for _, query := range []string{purgeExpired, purgeExpiredFacts, purgeExpiredHosts} {
			if _, err := p.delete(ctx, query, now.UnixMilli()); err != nil {
				return err
			}
		}
		more = p.left <= 0
		return nil
	})
	return more && err == nil, err
}

// purge is one call of Purge with what is left of its limit.
type purge struct {
	*conn
	left int
}

// delete runs a query whose last parameter is the number of rows it deletes at most; done is true where no
// more are left to it.
func (p *purge) delete(ctx context.Context, query string, args ...any) (done bool, err error) {
	if p.left <= 0 {
		return false, nil
	}
	n, err := p.exec(ctx, query, append(args, p.left)...)
	p.left -= n
	return p.left > 0, err
}

// cleared works off the garbage that clears have left, until the limit is reached.
func (p *purge) cleared(ctx context.Context) error {
	for p.left > 0 {
		var domain, done string
		var below int64
		found, err := p.one(ctx, []any{&domain, &below, &done}, firstGarbage)
		if err != nil || !found {
			return err
		}
		var finished bool
		if domain == "" {
			finished, err = p.everything(ctx, below, done)
		} else {
			finished, err = p.domain(ctx, domain, below)
		}
		if err != nil {
			return err
		}
		if finished {
			if _, err := p.exec(ctx, garbageDone, domain); err != nil {
				return err
			}
		}
	}
	return nil
}

// domain deletes what a clear of one domain has left.
func (p *purge) domain(ctx context.Context, domain string, below int64) (finished bool, err error) {
	if _, err := p.exec(ctx, purgeFact, domain, below); err != nil {
		return false, err
	}
	finished, err = p.delete(ctx, purgeCleared, domain, below)
	p.left-- // a domain without rows is work too
	if finished && err == nil {
		_, err = p.exec(ctx, purgeDomainCount, domain, below)
	}
	return finished, err
}

// everything deletes what a clear of everything has left, domain by domain. done is the last domain that is
// finished.
func (p *purge) everything(ctx context.Context, below int64, done string) (finished bool, err error) {
	for p.left > 0 {
		var domain string
		found, err := p.one(ctx, []any{&domain}, nextDomain, done)
		if err != nil {
			return false, err
		}
		if !found {
			if finished, err = p.rest(ctx, below); finished || err != nil {
				return finished, err
			}
			break
		}
		if clean, err := p.domain(ctx, domain, below); err != nil {
			return false, err
		} else if clean {
			done = domain
		}
	}
	_, err = p.exec(ctx, garbageDoneTo, done)
	return false, err
}

// rest deletes the rows of the small tables once all verdicts are done.
func (p *purge) rest(ctx context.Context, below int64) (finished bool, err error) {
	for _, query := range []string{purgeFacts, purgeCounts} {
		if done, err := p.delete(ctx, query, below); !done || err != nil {
			return false, err
		}
	}
	return p.delete(ctx, purgeGenerations, below)
}
