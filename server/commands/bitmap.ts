export const bitmapCommands = {} as never;
