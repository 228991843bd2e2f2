"""What the simulated café sells, where and when: products with prices and costs, three stores in two zones, the assortment.

Fixed by hand, no randomness. A visit is one drink and perhaps one food; categories decide which.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.cafe.draw import Bools, Floats, Ints

FOODS = ("bakery", "breakfast", "lunch", "sweet")
CATEGORIES = ("coffee", "iced-coffee", "milk-coffee", "iced-milk", "tea", "cold", *FOODS)
PARTS = ("morning", "lunch", "afternoon", "evening")
PART_OF_HOUR = np.array([0] * 11 + [1] * 3 + [2] * 4 + [3] * 6)
"""int64[24] row of PARTS: before 11, before 14, before 18, later."""
# How much a category is wanted in each part of the day, in the order of CATEGORIES (float64[4, 10]).
SUITS = np.array(
    [
        (1.3, 1.1, 1.3, 0.8, 0.6, 0.3, 1.6, 1.8, 0.05, 0.2),
        (0.8, 1.0, 0.9, 1.0, 0.9, 0.9, 0.5, 0.3, 2.2, 0.8),
        (0.8, 1.1, 0.9, 1.2, 1.2, 1.3, 1.0, 0.05, 0.5, 1.6),
        (0.3, 0.5, 0.5, 0.8, 1.4, 1.3, 0.5, 0.05, 0.9, 1.5),
    ]
)
# product_id, name, Chinese name, category, price and cost in cents, popularity within the category.
PRODUCTS = (
    ("americano", "Americano", "热美式", "coffee", 525, 80, 3.0),
    ("drip-coffee", "Drip coffee", "滴滤咖啡", "coffee", 425, 60, 4.0),
    ("espresso", "Espresso", "浓缩咖啡", "coffee", 375, 55, 1.0),
    ("cold-brew", "Cold brew", "冷萃咖啡", "iced-coffee", 595, 110, 2.0),
    ("iced-americano", "Iced americano", "冰美式", "iced-coffee", 600, 80, 4.0),
    ("iced-lemon-americano", "Iced lemon americano", "柠檬冰美式", "iced-coffee", 625, 120, 0.7),
    ("nitro-cold-brew", "Nitro cold brew", "氮气冷萃", "iced-coffee", 645, 135, 0.8),
    ("cappuccino", "Cappuccino", "卡布奇诺", "milk-coffee", 595, 135, 2.5),
    ("caramel-macchiato", "Caramel macchiato", "焦糖玛奇朵", "milk-coffee", 665, 165, 1.2),
    ("flat-white", "Flat white", "澳白", "milk-coffee", 595, 135, 1.5),
    ("latte", "Latte", "拿铁", "milk-coffee", 615, 140, 4.0),
    ("mocha", "Mocha", "摩卡", "milk-coffee", 665, 170, 1.0),
    ("oat-latte", "Oat latte", "燕麦拿铁", "milk-coffee", 685, 185, 1.5),
    ("vanilla-latte", "Vanilla latte", "香草拿铁", "milk-coffee", 655, 155, 1.2),
    ("coconut-latte", "Iced coconut latte", "生椰拿铁", "iced-milk", 695, 190, 1.8),
    ("iced-latte", "Iced latte", "冰拿铁", "iced-milk", 645, 145, 3.5),
    ("iced-matcha-latte", "Iced matcha latte", "冰抹茶拿铁", "iced-milk", 695, 195, 1.2),
    ("iced-mocha", "Iced mocha", "冰摩卡", "iced-milk", 685, 175, 0.9),
    ("black-tea", "Black tea", "红茶", "tea", 395, 45, 1.5),
    ("chai-latte", "Chai latte", "香料茶拿铁", "tea", 625, 150, 1.2),
    ("green-tea", "Green tea", "绿茶", "tea", 395, 45, 1.3),
    ("iced-lemon-tea", "Iced lemon tea", "冰柠檬茶", "tea", 495, 75, 1.0),
    ("peach-oolong", "Iced peach oolong", "蜜桃乌龙冰茶", "tea", 565, 110, 1.4),
    ("hot-chocolate", "Hot chocolate", "热巧克力", "cold", 575, 145, 0.8),
    ("mango-smoothie", "Mango smoothie", "芒果冰沙", "cold", 725, 230, 1.2),
    ("orange-juice", "Fresh orange juice", "鲜榨橙汁", "cold", 595, 240, 1.0),
    ("almond-croissant", "Almond croissant", "杏仁可颂", "bakery", 525, 190, 1.2),
    ("bagel", "Plain bagel", "原味贝果", "bakery", 375, 110, 1.5),
    ("blueberry-muffin", "Blueberry muffin", "蓝莓玛芬", "bakery", 425, 135, 1.6),
    ("cinnamon-roll", "Cinnamon roll", "肉桂卷", "bakery", 475, 150, 1.0),
    ("croissant", "Butter croissant", "黄油可颂", "bakery", 425, 140, 2.5),
    ("egg-sandwich", "Egg sandwich", "鸡蛋三明治", "breakfast", 675, 260, 2.5),
    ("oatmeal", "Oatmeal", "燕麦粥", "breakfast", 495, 120, 0.9),
    ("yogurt-granola", "Yogurt with granola", "酸奶麦片", "breakfast", 595, 210, 1.1),
    ("caprese-panini", "Caprese panini", "番茄芝士帕尼尼", "lunch", 950, 360, 1.3),
    ("chicken-salad", "Chicken salad", "鸡肉沙拉", "lunch", 1095, 440, 1.0),
    ("chicken-wrap", "Chicken wrap", "鸡肉卷", "lunch", 925, 350, 1.5),
    ("turkey-sandwich", "Turkey sandwich", "火鸡三明治", "lunch", 975, 380, 1.8),
    ("brownie", "Brownie", "布朗尼", "sweet", 425, 130, 1.4),
    ("cheesecake", "Cheesecake", "芝士蛋糕", "sweet", 625, 220, 1.2),
    ("oat-cookie", "Oat cookie", "燕麦曲奇", "sweet", 350, 95, 1.5),
)
# store_id, name, IANA zone, opening and closing hour (whole hours), latitude, longitude, cents above the menu's price.
STORES = (
    ("canal-row", "Canal Row", "America/New_York", 6, 20, 40.7190, -74.0020, 0),
    ("mill-park", "Mill Park", "America/New_York", 7, 22, 40.6720, -73.9700, 0),
    ("sunset-pier", "Sunset Pier", "America/Los_Angeles", 5, 19, 34.0100, -118.4960, 25),
)
NOT_SOLD = {"mill-park": ("nitro-cold-brew", "oatmeal"), "sunset-pier": ("bagel", "black-tea", "caprese-panini")}


@dataclass(frozen=True)
class Menu:
    """PRODUCTS and STORES as arrays. P rows follow `product_ids`, S rows `store_ids`, both as listed above."""

    product_ids: tuple[str, ...]
    store_ids: tuple[str, ...]
    zones: tuple[str, ...]
    category: Ints
    """int64[P], row of CATEGORIES."""
    is_food: Bools
    """bool[P]; each is a drink or a food."""
    popularity: Floats
    """float64[P]"""
    price_cents: Ints
    """int64[S, P]"""
    cost_cents: Ints
    """int64[P]"""
    sold: Bools
    """bool[S, P]"""
    open: Bools
    """bool[S, 24], by the store's own hours."""


def menu() -> Menu:
    """The café's menu, the same on every call."""
    ids, _, _, categories, price, cost, popularity = zip(*PRODUCTS, strict=True)
    stores = [store for store, *_ in STORES]
    opens, closes, above = (np.array([row[column] for row in STORES])[:, None] for column in (3, 4, 7))
    hours = np.arange(24)
    return Menu(
        product_ids=ids,
        store_ids=tuple(stores),
        zones=tuple(zone for _, _, zone, *_ in STORES),
        category=np.array([CATEGORIES.index(c) for c in categories]),
        is_food=np.array([c in FOODS for c in categories]),
        popularity=np.array(popularity),
        price_cents=np.array(price)[None, :] + above,
        cost_cents=np.array(cost),
        sold=np.array([[p not in NOT_SOLD.get(s, ()) for p in ids] for s in stores]),
        open=(hours >= opens) & (hours < closes),
    )
