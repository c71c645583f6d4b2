package metrics

import (
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The values of TreatMissingData.
const (
	Missing      = "missing"
	Ignore       = "ignore"
	Breaching    = "breaching"
	NotBreaching = "notBreaching"
)

// Alarm has the settings by which data points are judged.
type Alarm struct {
	EvaluationPeriods int // N
	DatapointsToAlarm int // M
	Comparison        cwtypes.ComparisonOperator
	Threshold         float64
	TreatMissingData  string
}

// Range is the number of most recent periods that an evaluation uses: more than the evaluation periods, in
// case some have no data. AWS says that it depends on the period, and gives 5 for three evaluation periods
// ("Configuring how CloudWatch alarms treat missing data").
func (a Alarm) Range() int { return a.EvaluationPeriods + 2 }

// Breaches tells whether a value is beyond the threshold.
func (a Alarm) Breaches(v float64) bool {
	switch a.Comparison {
	case cwtypes.ComparisonOperatorGreaterThanOrEqualToThreshold:
		return v >= a.Threshold
	case cwtypes.ComparisonOperatorGreaterThanThreshold:
		return v > a.Threshold
	case cwtypes.ComparisonOperatorLessThanThreshold:
		return v < a.Threshold
	}
	return v <= a.Threshold
}

// Judge returns the new state of an alarm. The values are those of its evaluation range, the oldest
// first, nil for a period without data. The result depends on the arguments only. The rules
// are those of "Configuring how CloudWatch alarms treat missing data" in the CloudWatch user guide:
//
// If the range has as many values as evaluation periods, the most recent ones decide, and the treatment of
// missing data does not matter. Otherwise all existing values count, and as few missing ones as
// possible are filled in.
//
// If missing data is treated as missing or ignored, nothing is filled in. Without any value the state is then
// INSUFFICIENT_DATA, or does not change. Too few values that are all breaching do not decide: the alarm
// keeps its state, unless missing data is treated as missing and the oldest of them is at least as old as the
// datapoints to alarm ("Avoiding premature transitions to alarm state"). By the guide's text there would be an
// alarm also if an older value is not breaching; by its table there is none. Judge follows the table.
func (a Alarm) Judge(values []*float64, current cwtypes.StateValue) cwtypes.StateValue {
	measured, breaching, oldest := 0, 0, 0
	for i := len(values) - 1; i >= 0 && measured < a.EvaluationPeriods; i-- {
		if values[i] == nil {
			continue
		}
		measured++
		if a.Breaches(*values[i]) {
			breaching, oldest = breaching+1, len(values)-i
		}
	}
	filled := a.EvaluationPeriods - measured
	switch {
	case breaching >= a.DatapointsToAlarm:
		return cwtypes.StateValueAlarm
	case a.TreatMissingData == Breaching && breaching+filled >= a.DatapointsToAlarm:
		return cwtypes.StateValueAlarm
	case filled == 0 || a.TreatMissingData == Breaching || a.TreatMissingData == NotBreaching:
		return cwtypes.StateValueOk
	case measured == 0 && a.TreatMissingData == Ignore:
		return current
	case measured == 0:
		return cwtypes.StateValueInsufficientData
	case breaching < measured:
		return cwtypes.StateValueOk
	case a.TreatMissingData != Ignore && oldest >= a.DatapointsToAlarm:
		return cwtypes.StateValueAlarm
	}
	return current
}
