package verify

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/maphash"

	"github.com/maypok86/otter/v2"

	"callout/internal/address"
)

// key is what a recipient is cached under: every ASCII-case spelling of its local-part has the same.
type key [16]byte

// keyring makes keys. They are keyed with a secret of the process, since senders choose the addresses and must
// not be able to choose where they land.
type keyring struct {
	secret [16]byte
	seed   maphash.Seed
}

func newKeyring() keyring {
	k := keyring{seed: maphash.MakeSeed()}
	rand.Read(k.secret[:])
	return k
}

// recipient returns the key of a recipient: the first half of a SHA-256, of which no two are the same.
func (k *keyring) recipient(r address.Recipient) key {
	var room [16 + 2*255 + 2 + 1 + 253]byte // of the longest recipient, quoted and escaped
	b := append(room[:0], k.secret[:]...)
	b = address.AppendFold(b, r.Local())
	b = append(b, '@')
	b = append(b, r.Domain()...)
	sum := sha256.Sum256(b)
	return key(sum[:16])
}

// spelling tells the spellings of one local-part apart.
func (k *keyring) spelling(local string) uint64 { return maphash.String(k.seed, local) }

// cache is the caches of verdicts in memory. valid and invalid hold what hosts of the first priority said: one entry
// for each recipient, of the spelling asked last; those of other spellings are in the store. Expired valid entries stay
// until they are pushed out, since a stale one may be asked for.
type cache struct {
	valid       *otter.Cache[key, entry]
	invalid     *otter.Cache[key, entry]
	provisional *otter.Cache[key, provisional]
}

// newCache divides entries: invalid verdicts live for a fiftieth of the time of valid ones and matter less, and
// provisional ones are gone in minutes.
func newCache(entries int) (c *cache, err error) {
	c = new(cache)
	if c.valid, err = otter.New(&otter.Options[key, entry]{MaximumSize: entries - entries/4}); err != nil {
		return nil, err
	}
	if c.invalid, err = otter.New(&otter.Options[key, entry]{MaximumSize: entries/4 - entries/16}); err != nil {
		return nil, err
	}
	c.provisional, err = otter.New(&otter.Options[key, provisional]{MaximumSize: entries / 16})
	return c, err
}

// put holds a verdict of a host of the first priority. What it makes void goes: an older invalid one of any spelling,
// since a valid one serves them all and might be pushed out first; an older valid one that was asked in the same
// spelling; a provisional one.
func (c *cache) put(k key, status Status, e entry) {
	c.provisional.Invalidate(k)
	if status == Valid {
		c.valid.Set(k, e)
		if old, ok := c.invalid.GetIfPresent(k); ok && old.asked <= e.asked {
			c.invalid.Invalidate(k)
		}
		return
	}
	c.invalid.Set(k, e)
	if old, ok := c.valid.GetIfPresent(k); ok && old.spelling == e.spelling && old.asked <= e.asked {
		c.valid.Invalidate(k) // it no longer holds for any spelling
	}
}

// forget drops what is held of a recipient, in every spelling.
func (c *cache) forget(k key) {
	c.valid.Invalidate(k)
	c.invalid.Invalidate(k)
	c.provisional.Invalidate(k)
}
