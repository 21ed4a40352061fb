package operate

import (
	"context"
	"slices"
	"time"

	"callout/internal/access"
	"callout/internal/decisions"
)

// Watch tells of decisions as they are made, from now on, or after one that is known by its number, until ctx ends or
// tell returns an error, which it returns. lost says that some were made faster than they were told. Each time it looks,
// what is told is what who may see then; the error is ErrEnded, within 15 s, when that is nothing any more.
func (k *Desk) Watch(ctx context.Context, who *access.Actor, q DecisionQuery, after uint64, tell func(page []Decision, lost bool) error) error {
	ctx, cancel := k.long(ctx)
	defer cancel()
	after = k.From(after)
	w := &watch{desk: k, who: who, query: q}
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		found, last, lost := k.decisions.After(w.filter, after, MaxLimit)
		if found = slices.DeleteFunc(found, w.hides); len(found) > 0 || lost {
			if err := tell(explained(found), lost); err != nil {
				return err
			}
		}
		if err := k.waitFor(ctx, last); err != nil { // which also spaces the rounds where there are many
			return err
		}
		after = last
	}
}

// From returns where a Watch begins that is to begin after a decision known by its number, or now with 0. Who says that it has
// begun before Watch is called takes this first, so that nothing is missed in between.
func (k *Desk) From(after uint64) uint64 {
	if last := k.decisions.Last(); after == 0 || after > last {
		return last
	}
	return after
}

// waitFor waits until there are decisions after a number, or until it is time to ask again. The error is that of ctx.
func (k *Desk) waitFor(ctx context.Context, after uint64) error {
	short, cancel := context.WithTimeout(ctx, askAgain)
	defer cancel()
	_ = k.decisions.Wait(short, after) // which fails only where short has ended
	return ctx.Err()
}

// watch is who watches, and what.
type watch struct {
	desk   *Desk
	who    *access.Actor
	query  DecisionQuery
	filter decisions.Filter
	made   time.Time // when the filter was
}

// look finds out who watches now, and what is theirs: where they may something else, and now and then, since their domains
// may have other aliases.
func (w *watch) look(ctx context.Context) error {
	now, err := w.desk.Still(w.who)
	if err != nil {
		return err
	}
	same := now.SameScope(w.who)
	w.who = now
	if same && time.Since(w.made) < askAgain {
		return nil
	}
	w.filter, err = w.desk.filter(ctx, now, &w.query)
	w.made = time.Now()
	return err
}

// hides reports whether a decision is not theirs any more, whose domain it was when the filter was made.
func (w *watch) hides(e decisions.Entry) bool {
	if w.who.Admin() {
		return false
	}
	d := w.desk.domains.Lookup(e.Domain)
	return d == nil || !sees(w.who, d)
}
