package operate

import (
	"context"
	"fmt"

	"callout/internal/access"
)

// Cleared says what a clear took.
type Cleared struct {
	Cleared string `json:"cleared" doc:"The recipient, the domain, or \"everything\""`
	Stored  int    `json:"stored" doc:"How many verdicts were stored, those that had just expired too"`
}

// ClearRecipient forgets a recipient in every spelling.
func (k *Desk) ClearRecipient(ctx context.Context, who *access.Actor, recipient string) (Cleared, error) {
	rcpt, d, err := k.recipient(ctx, who, clearRecipient, recipient)
	if err != nil {
		return Cleared{}, err
	}
	if err := k.writes(ctx, who, clearRecipient, rcpt.String()); err != nil {
		return Cleared{}, err
	}
	n, err := k.verifier.ClearRecipient(ctx, d.Name, rcpt.Local())
	if err != nil {
		return Cleared{}, err
	}
	k.done(ctx, who, clearRecipient, rcpt.String(), took(n))
	return Cleared{Cleared: rcpt.String(), Stored: n}, nil
}

// ClearRecipients forgets several recipients, all of domains that somebody may see, or none. What was cleared before an
// error of the store stays cleared.
func (k *Desk) ClearRecipients(ctx context.Context, who *access.Actor, recipients []string) (Cleared, error) {
	if len(recipients) > MaxLimit {
		return Cleared{}, failure(TooLarge, "%d recipients are too many at a time; clear at most %d", len(recipients), MaxLimit)
	}
	for _, r := range recipients {
		if _, _, err := k.recipient(ctx, who, clearRecipient, r); err != nil {
			return Cleared{}, err
		}
	}
	all := Cleared{Cleared: number(len(recipients), "recipient")}
	for _, r := range recipients {
		one, err := k.ClearRecipient(ctx, who, r)
		if err != nil {
			return all, fmt.Errorf("clear %s: %w", r, err)
		}
		all.Stored += one.Stored
	}
	return all, nil
}

// ClearDomain forgets what is known of a domain and its aliases: everything, or with status "invalid" the recipients that
// do not exist and whether it accepts everything.
func (k *Desk) ClearDomain(ctx context.Context, who *access.Actor, domain, status string) (Cleared, error) {
	verb := clearDomain
	if status != "" {
		verb = clearInvalid
	}
	if err := choose("status", status, "invalid"); err != nil {
		return Cleared{}, err
	}
	d, err := k.domain(ctx, who, verb, domain)
	if err != nil {
		return Cleared{}, err
	}
	if err := k.writes(ctx, who, verb, d.Name); err != nil {
		return Cleared{}, err
	}
	held, err := k.verifier.Held(ctx, d)
	if err != nil {
		return Cleared{}, err
	}
	n := held.Invalid
	if status == "" {
		n += held.Valid
		err = k.verifier.ClearDomain(ctx, d.Name)
	} else {
		err = k.verifier.ClearInvalid(ctx, d.Name)
	}
	if err != nil {
		return Cleared{}, err
	}
	k.done(ctx, who, verb, d.Name, took(n))
	return Cleared{Cleared: d.Name, Stored: n}, nil
}

// ClearAll forgets everything known of every domain.
func (k *Desk) ClearAll(ctx context.Context, who *access.Actor) (Cleared, error) {
	if err := k.adminWrites(ctx, who, clearEverything, ""); err != nil {
		return Cleared{}, err
	}
	held, err := k.verifier.HeldAll(ctx)
	if err != nil {
		return Cleared{}, err
	}
	if err := k.verifier.ClearAll(ctx); err != nil {
		return Cleared{}, err
	}
	n := held.Valid + held.Invalid
	k.done(ctx, who, clearEverything, "", took(n))
	return Cleared{Cleared: "everything", Stored: n}, nil
}

// HeldAll returns how many verdicts are stored, for who may clear them all.
func (k *Desk) HeldAll(ctx context.Context, who *access.Actor) (Held, error) {
	if err := k.admin(ctx, who, see, ""); err != nil {
		return Held{}, err
	}
	held, err := k.verifier.HeldAll(ctx)
	return Held(held), err
}

func took(n int) string {
	if n == 1 {
		return "1 verdict"
	}
	return fmt.Sprintf("%d verdicts", n)
}
