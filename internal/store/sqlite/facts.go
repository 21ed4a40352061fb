package sqlite

import (
	"context"
	"database/sql"
	"time"

	"callout/internal/store"
)

const (
	putFact = `INSERT INTO facts (domain, gen, epoch, rejected, expires, catch_all, turned, asked, code, enhanced,
		text, host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET gen = excluded.gen, epoch = excluded.epoch, rejected = excluded.rejected,
		expires = excluded.expires, catch_all = excluded.catch_all, turned = excluded.turned,
		asked = excluded.asked, code = excluded.code, enhanced = excluded.enhanced, text = excluded.text,
		host = excluded.host`

	lookupFact = `SELECT gen, epoch, rejected, expires, catch_all, turned, asked, code, enhanced, text, host
		FROM facts WHERE domain = ?1 AND gen = ` + current + ` AND epoch = ` + epoch

	putHost = `INSERT INTO host_facts (host, kind, n, reply, learned, expires) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET n = excluded.n, reply = excluded.reply, learned = excluded.learned,
		expires = excluded.expires`
	deleteHost = `DELETE FROM host_facts WHERE host = ? AND kind = ?`
	allHosts   = `SELECT host, kind, n, reply, learned, expires FROM host_facts WHERE expires > ?
		ORDER BY host, kind`
)

func (w *writing) putFact(ctx context.Context, f *store.DomainFact) error {
	now, err := w.numbers(ctx, f.Domain)
	if err != nil || f.Generation != now.generation || f.Epoch != now.epoch {
		return err
	}
	_, err = w.exec(ctx, putFact, f.Domain, f.Generation, f.Epoch, millis(f.Rejected), millis(f.Expires),
		f.CatchAll, f.Turned, millis(f.Asked), f.Code, f.Enhanced, f.Text, f.Host)
	return err
}

// DomainFact returns what is known of a domain in its current generation and epoch; ok is false where nothing is.
func (s *Store) DomainFact(ctx context.Context, domain string) (f store.DomainFact, ok bool, err error) {
	var rejected, expires, asked int64
	err = s.reading(ctx, "look up a domain", func(ctx context.Context, c *conn) error {
		ok, err = c.one(ctx, []any{&f.Generation, &f.Epoch, &rejected, &expires, &f.CatchAll, &f.Turned, &asked,
			&f.Code, &f.Enhanced, &f.Text, &f.Host}, lookupFact, domain)
		return err
	})
	if err != nil || !ok {
		return store.DomainFact{}, false, err
	}
	f.Domain = domain
	f.Rejected, f.Expires, f.Asked = instant(rejected), instant(expires), instant(asked)
	return f, true, nil
}

// putHost writes what was learned of a host, or deletes it where it does not expire.
func (c *conn) putHost(ctx context.Context, h *store.HostFact) error {
	if h.Expires.IsZero() {
		_, err := c.exec(ctx, deleteHost, h.Host, h.Kind)
		return err
	}
	_, err := c.exec(ctx, putHost, h.Host, h.Kind, h.N, h.Reply, millis(h.Learned), millis(h.Expires))
	return err
}

// HostFacts returns what was learned of hosts and has not expired by now, in the order of hosts and kinds.
func (s *Store) HostFacts(ctx context.Context) (all []store.HostFact, err error) {
	err = s.reading(ctx, "read what was learned of hosts", func(short context.Context, c *conn) error {
		return c.each(short, func(rows *sql.Rows) error {
			var h store.HostFact
			var learned, expires int64
			if err := rows.Scan(&h.Host, &h.Kind, &h.N, &h.Reply, &learned, &expires); err != nil {
				return err
			}
			h.Learned, h.Expires = instant(learned), instant(expires)
			all = append(all, h)
			return ctx.Err()
		}, allHosts, time.Now().UnixMilli())
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
