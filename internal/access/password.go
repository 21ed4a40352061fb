package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what it costs to hash a password with argon2id (RFC 9106).
type Cost struct {
	MemoryKiB uint32 // m
	Passes    uint32 // t
	Lanes     uint8  // p
}

// defaultCost is the second recommended choice of RFC 9106 section 4, with one lane in place of four: a login
// takes one core of a small server for a few hundred milliseconds.
var defaultCost = Cost{MemoryKiB: 64 * 1024, Passes: 3, Lanes: 1}

// Length of a password in octets.
const (
	minPassword = 10
	maxPassword = 256
)

const (
	saltSize = 16
	hashSize = 32
)

// maxHashing is how many passwords are hashed at the same time: it bounds their memory to 256 MiB.
const maxHashing = 4

// b64 is the base64 of the PHC string format: without padding.
var b64 = base64.RawStdEncoding.Strict()

// hashPassword returns a salted hash as $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func hashPassword(password string, c Cost) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return formatHash(c, salt, argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, c.Lanes, hashSize)), nil
}

// hashOfNobody returns a hash that takes as long to check as any, and is that of no password. It is made up, since a
// real one would have every start need the memory that a login needs.
func hashOfNobody(c Cost) (string, error) {
	b := make([]byte, saltSize+hashSize)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return formatHash(c, b[:saltSize], b[saltSize:]), nil
}

func formatHash(c Cost, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Lanes,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// errHash says that a stored hash is not one that hashPassword makes.
var errHash = errors.New("the stored password is not an argon2id hash; set it anew")

// checkPassword says whether a password is the one of a hash, in a time that does not depend on how alike they are.
func checkPassword(password, hash string) (bool, error) {
	c, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, c.Lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// parseHash takes a hash apart. A cost that would bring the server down is refused.
func parseHash(hash string) (c Cost, salt, key []byte, err error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Lanes); err != nil ||
		fields[3] != fmt.Sprintf("m=%d,t=%d,p=%d", c.MemoryKiB, c.Passes, c.Lanes) {
		return c, nil, nil, errHash
	}
	if c.MemoryKiB < 8 || c.MemoryKiB > 256*1024 || c.Passes < 1 || c.Passes > 20 || c.Lanes < 1 || c.Lanes > 16 {
		return c, nil, nil, errHash
	}
	salt, saltErr := b64.DecodeString(fields[4])
	key, keyErr := b64.DecodeString(fields[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}

// newPassword checks a password that is to be set, and hashes it.
func (a *Access) newPassword(ctx context.Context, password string) (hash string, err error) {
	if err := lengthOf(password); err != nil {
		return "", err
	}
	if err := a.beginHashing(ctx); err != nil {
		return "", err
	}
	defer a.endHashing()
	return hashPassword(password, a.cost)
}

// lengthOf refuses a password that is too short or too long.
func lengthOf(password string) error {
	switch n := len(password); {
	case n < minPassword:
		return &FieldError{"password", fmt.Sprintf("is too short; take at least %d characters", minPassword)}
	case n > maxPassword:
		return &FieldError{"password", fmt.Sprintf("has %d octets; take at most %d", n, maxPassword)}
	}
	return nil
}

// beginHashing waits until a password may be hashed.
func (a *Access) beginHashing(ctx context.Context) error {
	select {
	case a.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Access) endHashing() { <-a.hashing }
