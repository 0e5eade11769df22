// Chance, as the generators use it.
package main

import "math/rand/v2"

type random struct{ *rand.Rand }

func (r random) percent(chance int) bool { return r.IntN(100) < chance }

func (r random) between(low, high int) int { return low + r.IntN(high-low+1) }

func pick[T any](r random, from []T) T { return from[r.IntN(len(from))] }

// At most `limit` of them, in a random order.
func sample[T any](r random, from []T, limit int) []T {
	shuffled := append([]T{}, from...)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if len(shuffled) > limit {
		shuffled = shuffled[:limit]
	}
	return shuffled
}
