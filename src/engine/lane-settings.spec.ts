import { assertLaneSettings, LANE_SETTINGS, type LaneSettings } from './lane-settings';

describe('lane settings', () => {
  test('are sound as they come, and at their smallest', () => {
    assertLaneSettings(LANE_SETTINGS);
    assertLaneSettings({ batchCommandsMax: 1, depthMax: 1, waitMsMax: 1, breakMs: 1 });
  });

  test.each<[keyof LaneSettings, number]>([
    ['batchCommandsMax', 0],
    ['depthMax', LANE_SETTINGS.batchCommandsMax - 1],
    ['waitMsMax', 0],
    ['breakMs', 0],
  ])('are refused by name with %s = %i', (name, value) => {
    expect(() => {
      assertLaneSettings({ ...LANE_SETTINGS, [name]: value });
    }).toThrow(new RegExp(name));
  });
});
