package api

import (
	"regexp"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

// keyring remembers the answers to deliveries that carry an Idempotency-Key, in
// memory: after a restart the same content is known by its hash all the same, and
// only the first account is gone.
type keyring struct {
	age  time.Duration
	most int
	now  func() time.Time

	mu    sync.Mutex
	kept  map[string]*keptAnswer
	order []string // of those that are done, oldest first
}

var safeKey = regexp.MustCompile(`^[!-~]{1,200}$`)

// idempotencyKey reads the key of a delivery; "" when it has none.
func idempotencyKey(c *gin.Context) (string, error) {
	key := c.GetHeader("Idempotency-Key")
	if key != "" && !safeKey.MatchString(key) {
		return "", invalid("Idempotency-Key", "The Idempotency-Key must be 1 to 200 visible ASCII characters; a random UUID is a good one.")
	}
	return key, nil
}

type keptAnswer struct {
	what   string // was asked
	answer *answer
	at     time.Time
}

// once gives the kept answer where the same was asked under this key before, and
// asks otherwise. Failures are not kept: what failed may be sent again.
func (k *keyring) once(key, what string, ask func() (answer, error)) (answer, error) {
	k.mu.Lock()
	k.forget()
	had := k.kept[key]
	if had == nil {
		if k.kept == nil {
			k.kept = map[string]*keptAnswer{}
		}
		k.kept[key] = &keptAnswer{what: what}
	}
	k.mu.Unlock()
	switch {
	case had == nil:
	case had.what != what:
		return answer{}, &Error{Code: CodeConflict, Parameter: "Idempotency-Key",
			Detail: "This Idempotency-Key was used for another delivery. Use a key of its own for each delivery."}
	case had.answer == nil:
		return answer{}, &Error{Code: CodeBusy, RetryAfter: retryBusy,
			Detail: "The delivery with this Idempotency-Key is still being loaded. Ask again after the time in Retry-After."}
	default:
		return *had.answer, nil
	}
	var done *answer
	defer func() { // also after a panic: the key must not stay taken
		k.mu.Lock()
		defer k.mu.Unlock()
		if done == nil {
			delete(k.kept, key)
			return
		}
		k.kept[key] = &keptAnswer{what: what, answer: done, at: k.now()}
		k.order = append(k.order, key)
	}()
	a, err := ask()
	if err == nil {
		done = &a
	}
	return a, err
}

// forget drops answers that are too old or too many.
func (k *keyring) forget() {
	for len(k.order) > 0 && (len(k.order) > k.most || k.now().Sub(k.kept[k.order[0]].at) > k.age) {
		delete(k.kept, k.order[0])
		k.order = k.order[1:]
	}
}
