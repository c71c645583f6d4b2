package shifting

import (
	"fmt"
	"net/http"

	shifttypes "github.com/aws/aws-sdk-go-v2/service/arczonalshift/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The errors' codes, states and reasons are those of
// https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_StartZonalShift.html; their messages are this cloud's own.

func missing(format string, args ...any) error {
	return &wire.Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...), Status: http.StatusNotFound}
}

func invalid(reason shifttypes.ValidationExceptionReason, format string, args ...any) error {
	return &wire.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...), Members: map[string]any{"reason": reason}}
}

// conflict is about a zonal shift that is there.
func conflict(reason shifttypes.ConflictExceptionReason, shift, format string, args ...any) error {
	return &wire.Error{
		Code: "ConflictException", Message: fmt.Sprintf(format, args...), Status: http.StatusConflict,
		Members: map[string]any{"reason": reason, "zonalShiftId": shift},
	}
}

// page cuts a listing. Other sizes break the model's constraints.
func page[T any](rows []T, key func(T) string, size *int32, token *string) ([]T, *string, error) {
	rows, next, err := room.Page(rows, key, size, token, room.Paging{
		Usual: 100, Least: 1, Most: 100,
		BadToken: func(token string) error {
			return invalid(shifttypes.ValidationExceptionReasonInvalidToken, "The token %s is not valid.", token)
		},
	})
	return room.Listed(rows), next, err
}
