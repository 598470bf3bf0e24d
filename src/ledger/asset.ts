const ASSET = /^[A-Z][A-Z0-9]{0,15}(\/[0-9]{1,2})?$/;

/** The shape of an asset: `CNY/2`, `USD/2`, `JPY`, `POINTS/0`. The part behind the slash is its number of decimals. */
export const ASSET_PATTERN = ASSET.source;

export function isAsset(value: string): boolean {
  return ASSET.test(value);
}
